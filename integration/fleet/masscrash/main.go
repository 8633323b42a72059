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

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/fleet"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

// settings are what the user asks for.
type settings struct {
	fleet.Options
	rounds int
	askers int
	milli  int // of a processor for each replica of the service; 0 for no limit
	memory int // MiB of each; likewise
	siege  bool
}

func defaults() settings {
	return settings{
		Options: fleet.Options{Masters: 300, Servers: 3, Sentinels: 1, ServiceBinary: "bin/redis-sentinel-k8s"},
		rounds:  5, askers: 4,
	}
}

func main() {
	err := act()
	switch {
	case errors.Is(err, pflag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "masscrash: %v\n", err)
		os.Exit(1)
	}
}

// act plays the rounds, or is the attackers of one.
func act() error {
	if text := os.Getenv(assaultVariable); text != "" {
		return attack(text)
	}
	return run(os.Args[1:])
}

func run(args []string) error {
	s := defaults()
	flags := pflag.NewFlagSet("masscrash", pflag.ContinueOnError)
	flags.SortFlags = false
	flags.IntVar(&s.Masters, "masters", s.Masters, "How many masters crash at once.")
	flags.IntVar(&s.rounds, "rounds", s.rounds, "How often they do.")
	flags.IntVar(&s.Servers, "servers", s.Servers, "How many servers each set has, its master among them; 3 or more.")
	flags.IntVar(&s.Sentinels, "sentinels", s.Sentinels, "How many replicas of the service run.")
	flags.IntVar(&s.askers, "askers", s.askers, "How many clients ask for masters all the time.")
	flags.IntVar(&s.milli, "milli", s.milli, "Thousandths of a processor that each replica of the service has, once all are set up; 0 for no limit. Needs root.")
	flags.IntVar(&s.memory, "memory", s.memory, "MiB that each replica of the service may have, from its start; 0 for no limit. Needs root.")
	flags.BoolVar(&s.siege, "siege", s.siege, "Attack the service in every second round, with everything that package hostile has; by turns with attackers that take the same processors and with polite ones.")
	flags.StringVar(&s.ServiceBinary, "service", s.ServiceBinary, "Binary of the service.")
	flags.StringVar(&s.Dir, "dir", s.Dir, "Directory for what the service logs; empty for one that is removed at the end.")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if s.Masters < 1 || s.rounds < 1 || s.Servers < 3 || s.Sentinels < 1 || s.askers < 0 {
		return errors.New("--masters, --rounds and --sentinels: want 1 or more, --servers 3 or more, --askers 0 or more")
	}
	if s.milli != 0 && s.milli < 10 {
		return errors.New("--milli: want 10 or more, or 0 for no limit")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	redis.SetLogger(silence{})
	k8s.BridgeLogs(quiet())
	if s.Dir == "" {
		dir, err := os.MkdirTemp("", "masscrash-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		s.Dir = dir
	}
	results, err := play(ctx, s)
	if err == nil {
		fmt.Print("\n" + report(results))
	}
	return err
}

// play starts the cluster and crashes its masters, round by round.
func play(ctx context.Context, s settings) (results []result, err error) {
	var l limits
	if s.memory > 0 {
		s.Enter = func() (string, error) { return l.enter(s.memory) }
	}
	c, err := fleet.Start(ctx, s.Options)
	if err != nil {
		return nil, errors.Join(err, l.remove())
	}
	defer func() { err = errors.Join(err, c.Stop(), l.remove()) }()
	g := &game{settings: s, cluster: c, deaths: map[*fleet.Server]int{}}
	if err := g.settle(ctx); err != nil {
		return nil, err
	}
	if err := l.slow(c.ServicePIDs(), s.milli); err != nil {
		return nil, err
	}
	if s.siege {
		if g.siege, err = intrude(ctx, c); err != nil {
			return nil, err
		}
	}
	for n := 1; n <= s.rounds; n++ {
		r, err := g.next(ctx, n)
		peak, killed := l.peak()
		if err := errors.Join(err, killed, c.Ended()); err != nil {
			return nil, fmt.Errorf("round %d: %w", n, err)
		}
		r.peak = peak
		results = append(results, r)
		fmt.Printf("round %d/%d  %s\n", n, s.rounds, r)
	}
	return results, nil
}

// next plays a round, every second one under attack.
func (g *game) next(ctx context.Context, n int) (r result, err error) {
	if g.siege == nil || n%2 == 1 {
		return g.round(ctx)
	}
	by, polite, lift, err := g.siege.begin(g.cluster.Sets[0].Name)
	if err != nil {
		return r, err
	}
	r, err = g.round(ctx)
	r.attack, r.polite = by, polite
	return r, errors.Join(err, lift())
}
