package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/pflag"
)

// keys is how many keys are on every node before each kill.
const keys = 10_000

func main() {
	err := run(os.Args[1:])
	switch {
	case errors.Is(err, pflag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "race: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := pflag.NewFlagSet("race", pflag.ContinueOnError)
	rounds := flags.Int("rounds", 5, "How many times each master is killed, 1 to 100.")
	demo := flags.String("demo", "bin/demo", "The demo's binary, which runs this project's service.")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *rounds < 1 || *rounds > 100 {
		return fmt.Errorf("--rounds %d: want 1 to 100", *rounds)
	}
	if _, err := os.Stat(*demo); err != nil {
		return fmt.Errorf("--demo: %w (make build)", err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	redis.SetLogger(silence{})
	dir, err := os.MkdirTemp("", "redis-sentinel-k8s-race-")
	if err != nil {
		return err
	}
	results, err := race(ctx, dir, *demo, *rounds)
	if err == nil {
		fmt.Print("\n" + table(results))
	}
	return errors.Join(err, os.RemoveAll(dir))
}

// race starts all sides, runs their rounds in turn and ends them.
func race(ctx context.Context, dir, demo string, rounds int) (results []result, err error) {
	contestants, end, err := start(ctx, dir, demo)
	defer func() { err = errors.Join(err, end()) }()
	if err != nil {
		return nil, err
	}
	results = make([]result, len(contestants))
	for i, c := range contestants {
		results[i].name = c.name()
	}
	fmt.Printf("%d rounds: kill -9 of a master with %d keys and two replicas in sync; restarted at once, empty, at the same address.\n\n", rounds, keys)
	for n := 1; n <= rounds; n++ {
		for i, c := range contestants {
			r, err := c.round(ctx)
			if err != nil {
				return nil, fmt.Errorf("round %d, %s: %w", n, c.name(), err)
			}
			results[i].rounds = append(results[i].rounds, r)
			fmt.Printf("round %d/%d  %-36s %s\n", n, rounds, c.name(), r)
		}
	}
	return results, nil
}

// start makes the three sides ready. end must be called in any case.
func start(ctx context.Context, dir, demo string) (contestants []*contestant, end func() error, err error) {
	var ends []func() error
	end = func() error {
		var errs []error
		for _, e := range ends {
			errs = append(errs, e())
		}
		return errors.Join(errs...)
	}
	makers := []func() (side, error){
		func() (side, error) { return newSentinels(ctx, dir, 5) },
		func() (side, error) { return newSentinels(ctx, dir, 0) },
		func() (side, error) { return newService(ctx, demo) },
	}
	for _, make := range makers {
		fmt.Fprint(os.Stderr, ".")
		s, err := make()
		if err != nil {
			return nil, end, err
		}
		ends = append(ends, s.end)
		c, err := newContestant(ctx, s)
		if err != nil {
			return nil, end, fmt.Errorf("%s: %w", s.name(), err)
		}
		ends = append(ends, c.close)
		contestants = append(contestants, c)
	}
	fmt.Fprintln(os.Stderr)
	return contestants, end, nil
}

// silence drops what go-redis writes about connections that fail.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}
