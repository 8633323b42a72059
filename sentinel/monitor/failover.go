package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Failover accepts a failover that a client asked for, on whichever replica of
// the service it asked: the request is written to the record, where the leader
// finds it. It returns once it is written. Errors: sentinel.ErrInProgress,
// sentinel.ErrNoGoodReplica, sentinel.ErrObserving, or why it could not be written.
func (m *Monitor) Failover(ctx context.Context, master, by string) error {
	l := m.loop(master)
	if l == nil {
		return fmt.Errorf("master %s is not known", master)
	}
	if err := l.ask(ctx, (*sentinel.Machine).CanFailover); err != nil {
		return err
	}
	for {
		record, err := m.Kubernetes.Get(ctx, master)
		if err := errors.Join(err, record.TooNew()); err != nil {
			return err
		}
		if record.Phase != sentinel.Stable || record.Requested != nil {
			return sentinel.ErrInProgress
		}
		record.Requested = &sentinel.Request{By: by, At: time.Now()}
		written, err := m.Kubernetes.Put(ctx, master, record)
		if errors.Is(err, sentinel.ErrConflict) {
			continue
		}
		if err == nil {
			m.RecordChanged(master, written)
		}
		return err
	}
}

// question is an observation that only asks.
type question struct {
	sentinel.Tick
	ask    func(*sentinel.Machine) error
	answer chan error
}

// ask puts a question to the machine on its own goroutine.
func (l *loop) ask(ctx context.Context, f func(*sentinel.Machine) error) error {
	q := question{ask: f, answer: make(chan error, 1)}
	l.post(q)
	select {
	case err := <-q.answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-l.ctx.Done():
		return l.ctx.Err()
	}
}
