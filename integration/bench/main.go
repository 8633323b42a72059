package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/pflag"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

func main() {
	err := run(os.Args[1:])
	switch {
	case errors.Is(err, pflag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	o, out, err := parse(args)
	if err != nil {
		return err
	}
	if o.fleet > 0 {
		return serveFleet(o.fleet)
	}
	if o.dir, err = os.MkdirTemp("", "redis-sentinel-k8s-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(o.dir)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := both(ctx, o)
	return errors.Join(err, r.write(out), r.print(os.Stdout))
}

func parse(args []string) (o options, out string, err error) {
	var whole, little bool
	rounds := 0
	o = options{service: filepath.Join("bin", "redis-sentinel-k8s")}
	out = filepath.Join("bin", "bench")
	flags := pflag.NewFlagSet("bench", pflag.ContinueOnError)
	flags.SortFlags = false
	flags.BoolVar(&whole, "full", whole, "Measure every combination and fleets up to 10 000 masters; an hour or more.")
	flags.BoolVar(&little, "smoke", little, "Let every row come about in seconds; the figures are worth nothing.")
	flags.IntVar(&rounds, "rounds", rounds, "How often each figure is measured; 0 for as often as the form has it.")
	flags.StringVar(&o.only, "only", o.only, "Measure what this regular expression finds, such as 'MASTERS|subscribers'.")
	flags.StringVar(&o.service, "service", o.service, "The service's binary.")
	flags.StringVar(&out, "out", out, "Where the figures and the picture go: this name with .json and .svg.")
	flags.IntVar(&o.fleet, "fleet", 0, "Be the modelled servers of so many masters; for bench itself.")
	_ = flags.MarkHidden("fleet")
	if err := flags.Parse(args); err != nil {
		return o, out, err
	}
	switch {
	case whole && little:
		return o, out, errors.New("--full and --smoke: want one of them")
	case whole:
		o.form = full()
	case little:
		o.form = smoke()
	default:
		o.form = quick()
	}
	if rounds > 0 {
		o.rounds = rounds
	}
	if _, err := regexp.Compile(o.only); err != nil {
		return o, out, fmt.Errorf("--only: %w", err)
	}
	began := time.Now()
	o.say = func(format string, args ...any) {
		fmt.Fprintf(os.Stderr, "%5.1f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	return o, out, nil
}

// wants tells whether a figure of that name was asked for.
func (o options) wants(what string) bool {
	found, _ := regexp.MatchString(o.only, what)
	return found
}

// both measures both halves and keeps what it has when one fails.
func both(ctx context.Context, o options) (report, error) {
	redis.SetLogger(silence{})
	k8s.BridgeLogs(quiet())
	began := time.Now()
	ctx, cancel := context.WithTimeoutCause(ctx, o.whole, errOver)
	defer cancel()
	rows, err := beside(ctx, o)
	more, curves, scaleErr := scale(ctx, o)
	return report{
		Form: o.name, Only: o.only, Rounds: o.rounds, Cores: runtime.NumCPU(), Seconds: math.Round(time.Since(began).Seconds()),
		Sentinel: version(), Rows: append(rows, more...), Curves: curves,
	}, errors.Join(err, scaleErr)
}

// silence drops what go-redis writes about connections that fail.
type silence struct{}

// Printf writes nothing.
func (silence) Printf(context.Context, string, ...any) {}
