package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/pflag"
)

// keys is how many keys are on every node before each event.
const keys = 10_000

const mostRounds = 1000

// events are all experiments, in the order in which "all" runs them.
var events = []struct {
	name string
	run  func(context.Context, lab) (string, error)
}{
	{"crash", func(ctx context.Context, l lab) (string, error) { return run(ctx, l, crash()) }},
	{"away", func(ctx context.Context, l lab) (string, error) { return run(ctx, l, away()) }},
	{"switchover", func(ctx context.Context, l lab) (string, error) { return run(ctx, l, switchover()) }},
	{"freeze", func(ctx context.Context, l lab) (string, error) { return run(ctx, l, freeze()) }},
}

func main() {
	err := start(os.Args[1:])
	switch {
	case errors.Is(err, pflag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "race: %v\n", err)
		os.Exit(1)
	}
}

func start(args []string) error {
	l, chosen, err := parse(args)
	if err != nil {
		return err
	}
	if _, err := os.Stat(l.demo); err != nil {
		return fmt.Errorf("--demo: %w (make build)", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	redis.SetLogger(silence{})
	if l.dir, err = os.MkdirTemp("", "redis-sentinel-k8s-race-"); err != nil {
		return err
	}
	var tables strings.Builder
	for _, event := range events {
		if !slices.Contains(chosen, event.name) {
			continue
		}
		var text string
		if text, err = event.run(ctx, l); text != "" {
			fmt.Fprintf(&tables, "\n%s\n\n%s", event.name, text)
		}
		if err != nil {
			err = fmt.Errorf("%s: %w", event.name, err)
			break
		}
	}
	fmt.Print(tables.String())
	return errors.Join(err, os.RemoveAll(l.dir))
}

// parse reads the arguments. The error tells all mistakes at once.
func parse(args []string) (l lab, chosen []string, err error) {
	names := make([]string, 0, len(events))
	for _, event := range events {
		names = append(names, event.name)
	}
	known := strings.Join(names, ", ")
	flags := pflag.NewFlagSet("race", pflag.ContinueOnError)
	flags.SortFlags = false
	flags.StringSliceVar(&chosen, "event", []string{"crash"}, "What is done to the masters: "+known+" (several with commas) or all.")
	flags.IntVar(&l.rounds, "rounds", 5, fmt.Sprintf("How often it is done to each, 1 to %d.", mostRounds))
	flags.IntVar(&l.slow, "slow-rounds", 3, "How often at most to those that take half a minute for it, 1 or more.")
	flags.StringVar(&l.demo, "demo", "bin/demo", "The demo's binary, which runs this project's service.")
	if err := flags.Parse(args); err != nil {
		return l, nil, err
	}
	var wrong []error
	for _, name := range chosen {
		if name != "all" && !slices.Contains(names, name) {
			wrong = append(wrong, fmt.Errorf("--event %s: want %s or all", name, known))
		}
	}
	if l.rounds < 1 || l.rounds > mostRounds {
		wrong = append(wrong, fmt.Errorf("--rounds %d: want 1 to %d", l.rounds, mostRounds))
	}
	if l.slow < 1 {
		wrong = append(wrong, fmt.Errorf("--slow-rounds %d: want 1 or more", l.slow))
	}
	if rest := flags.Args(); len(rest) > 0 {
		wrong = append(wrong, fmt.Errorf("%q: flags only", rest))
	}
	if slices.Contains(chosen, "all") {
		chosen = names
	}
	return l, chosen, errors.Join(wrong...)
}

// silence drops what go-redis writes about connections that fail.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}
