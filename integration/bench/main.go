package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
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
	redis.SetLogger(silence{})
	k8s.BridgeLogs(quiet())
	r, err := both(ctx, o)
	return errors.Join(err, r.write(out), r.print(os.Stdout))
}

func parse(args []string) (o options, out string, err error) {
	o = options{rounds: 3, service: filepath.Join("bin", "redis-sentinel-k8s"), port: 27200}
	out = filepath.Join("bin", "bench")
	flags := pflag.NewFlagSet("bench", pflag.ContinueOnError)
	flags.SortFlags = false
	flags.BoolVar(&o.full, "full", o.full, "Measure every combination and fleets up to 10 000 masters; about an hour.")
	flags.IntVar(&o.rounds, "rounds", o.rounds, "How often each figure is measured.")
	flags.StringVar(&o.only, "only", o.only, "Measure what this regular expression finds, such as 'MASTERS|subscribers'.")
	flags.StringVar(&o.service, "service", o.service, "The service's binary.")
	flags.StringVar(&out, "out", out, "Where the figures and the picture go: this name with .json and .svg.")
	flags.IntVar(&o.port, "port", o.port, "The first of the ports at 127.0.0.1 that may be used.")
	flags.IntVar(&o.fleet, "fleet", 0, "Be the modelled servers of so many masters; for bench itself.")
	_ = flags.MarkHidden("fleet")
	if err := flags.Parse(args); err != nil {
		return o, out, err
	}
	if o.rounds < 1 {
		return o, out, errors.New("--rounds: want 1 or more")
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
	began := time.Now()
	rows, err := beside(ctx, o)
	more, curves, scaleErr := scale(ctx, o)
	return report{Rows: append(rows, more...), Curves: curves, Full: o.full, Rounds: o.rounds, Seconds: time.Since(began).Seconds()}, errors.Join(err, scaleErr)
}

// silence drops what go-redis writes about connections that fail.
type silence struct{}

// Printf writes nothing.
func (silence) Printf(context.Context, string, ...any) {}
