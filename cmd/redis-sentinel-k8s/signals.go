package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// untilTold is done when the process is told to end. Who tells it once more does not
// want to wait: the process ends at once.
func untilTold() context.Context {
	ctx, end := context.WithCancel(context.Background())
	told := make(chan os.Signal, 2)
	signal.Notify(told, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-told
		end()
		<-told
		os.Exit(1)
	}()
	return ctx
}
