package service

import (
	"context"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"
)

// leave is the way out. Endpoints name this replica for a while after it was told to end:
// so it says at once that it is not ready, and lets somebody else lead, but answers all
// who come until ShutdownDelay is over. led is closed when it does not lead any more.
// It returns early when a part of it has failed (running is done).
func (p *parts) leave(told, running context.Context, led <-chan struct{}) {
	select {
	case <-running.Done():
		return
	case <-told.Done():
	}
	p.leaving.Store(true)
	delay := p.config.ShutdownDelay
	if !p.open.Load() {
		delay = 0 // nobody was served
	}
	p.log.WithField("delay", delay).Info("stopping: clients are answered for a while, others lead")
	over := time.NewTimer(delay)
	defer over.Stop()
	select {
	case <-over.C:
	case <-running.Done():
		return
	}
	select {
	case <-led:
	case <-running.Done():
	}
}

// A leader that is told to end finishes what is under way: a switchover takes some ten
// milliseconds, and who comes after would have to begin it anew, with the writes paused
// once more. What waits for others longer than that is theirs to go on with.
const (
	finishMost  = 2 * time.Second
	finishEvery = 5 * time.Millisecond
)

// finish returns when nothing is under way, or after finishMost.
func finish(running context.Context, busy func() bool) {
	most, done := context.WithTimeout(running, finishMost)
	defer done()
	look := time.NewTicker(finishEvery)
	defer look.Stop()
	for busy() {
		select {
		case <-look.C:
		case <-most.Done():
			return
		}
	}
}

// ended waits for all parts, but not for ever once it was told to end or a part has
// failed (running is done).
func ended(told, running context.Context, group *errgroup.Group, config Config, log logrus.FieldLogger) error {
	done := make(chan error, 1)
	go func() { done <- group.Wait() }()
	limit := config.ShutdownGrace
	select {
	case err := <-done:
		return err
	case <-running.Done():
	case <-told.Done():
		limit += config.ShutdownDelay
	}
	select {
	case err := <-done:
		return err
	case <-time.After(limit):
		log.WithField("grace", config.ShutdownGrace).Warn("stopped without waiting any longer")
		return nil
	}
}
