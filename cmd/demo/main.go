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

func main() {
	err := run(os.Args[1:])
	switch {
	case errors.Is(err, pflag.ErrHelp):
	case err != nil:
		fmt.Fprintf(os.Stderr, "demo: %v\n", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	c, err := parse(args)
	if err != nil {
		return err
	}
	place, err := preflight(c)
	if err != nil {
		return err
	}
	defer place.release()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	redis.SetLogger(silence{})
	d, err := start(ctx, c, place)
	if err != nil {
		return interrupted(ctx, err)
	}
	err = d.show(ctx)
	if err == nil {
		<-ctx.Done()
	}
	stop() // a second Ctrl-C ends at once; the kernel then ends the processes
	return errors.Join(interrupted(ctx, err), d.stop())
}

// interrupted forgets an error that only says that the user wants to stop.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// silence drops what go-redis writes about connections that fail: that they do is
// what a demo of failovers is about.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}
