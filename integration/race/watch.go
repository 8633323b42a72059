package main

import (
	"context"
	"errors"
	"time"

	"github.com/redis/go-redis/v9"
)

// watch is the clients that measure one round.
type watch struct {
	*contestant
	began, ended time.Time
	via, direct  *writer // via is nil where there are no Sentinels
}

// watch returns when the writes flow.
func (c *contestant) watch(ctx context.Context) (*watch, error) {
	via, err := viaSentinels(ctx, c.sentinels())
	if err != nil {
		return nil, err
	}
	direct, err := directly(ctx, c.clients)
	if err != nil {
		via.end()
		return nil, err
	}
	return &watch{contestant: c, via: via, direct: direct}, nil
}

// mark begins the measurement: now it happens.
func (w *watch) mark() {
	w.began = time.Now()
	w.ears.mark()
	w.via.mark(w.began)
	w.direct.mark(w.began)
}

// told waits until all Sentinels have told of a switch; what has not come by then
// is reported as such.
func (w *watch) told(ctx context.Context, within time.Duration) {
	_ = waitFor(ctx, within, func(context.Context) error {
		if len(w.sentinels()) > 0 && w.ears.last().IsZero() {
			return errors.New("not yet")
		}
		return nil
	})
}

// flows waits until writes are acknowledged again in number; whether they were shows
// in the gap.
func (w *watch) flows(ctx context.Context) {
	_ = w.via.more(ctx, hearWithin, writesAfter)
	_ = w.direct.more(ctx, hearWithin, writesAfter)
}

// end ends the measurement. It may be called again.
func (w *watch) end() {
	if w.ended.IsZero() {
		w.ended = time.Now()
	}
	w.via.end()
	w.direct.end()
}

// gap is the longest time in which nobody of a kind got a write acknowledged.
func (w *watch) gap(of *writer) time.Duration {
	if of == nil {
		return unmeasured
	}
	return longestGap(of.acknowledged(), w.began, w.ended)
}

// losses counts what was acknowledged to either kind of writers and is not on the
// final master.
func (w *watch) losses(ctx context.Context, final *redis.Client) (via, direct int, err error) {
	via = unmeasured
	if w.via != nil {
		if via, err = lost(ctx, final, w.via.acknowledged()); err != nil {
			return 0, 0, err
		}
	}
	direct, err = lost(ctx, final, w.direct.acknowledged())
	return via, direct, err
}

// heard are the times from the event to the first and to the last Sentinel's +switch-master.
func (w *watch) heard() (first, last time.Duration) {
	if len(w.sentinels()) == 0 {
		return unmeasured, unmeasured
	}
	return since(w.began, w.ears.first()), since(w.began, w.ears.last())
}

func since(began, at time.Time) time.Duration {
	if at.IsZero() {
		return never
	}
	return at.Sub(began)
}
