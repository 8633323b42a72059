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
