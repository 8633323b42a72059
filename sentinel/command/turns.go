package command

import (
	"context"
	"errors"
	"time"

	"golang.org/x/time/rate"
)

// The bounds of what clients have the service ask of Kubernetes, beside the rate.
const (
	changesMost = 8           // at once
	changeDelay = time.Second // that one over the rate may have to wait; who would wait longer is refused
)

// errManyChanges is told to the client.
var errManyChanges = errors.New("too many changes are asked for, try again later")

// turns let clients change things one after the other, and so many a second: whoever asks in
// a loop is slowed down, and a flood is refused.
type turns struct {
	rate *rate.Limiter
	room chan struct{}
}

func newTurns(o Options) *turns {
	return &turns{rate: rate.NewLimiter(rate.Limit(o.ChangeRate), o.ChangeBurst), room: make(chan struct{}, changesMost)}
}

// take makes a call when it is its turn.
func (t *turns) take(ctx context.Context, call func() error) error {
	turn := t.rate.Reserve()
	delay := turn.Delay()
	if delay > changeDelay {
		turn.Cancel()
		return errManyChanges
	}
	select {
	case <-time.After(delay):
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case t.room <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-t.room }()
	return call()
}
