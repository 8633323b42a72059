package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// late is why there is no figure: the time was over. What was reached stands in it.
type late struct {
	within  time.Duration
	reached error
}

func (l late) Error() string {
	return fmt.Sprintf("not within %s: %v", l.within, l.reached)
}

func (l late) Unwrap() error { return l.reached }

// errOver is the cause when the time of the whole run is over.
var errOver = errors.New("the time of the whole run is over")

// bounded gives a measurement so long. An end of the whole run is an end of this
// measurement, too, but an interrupt is none that is told as a result.
func bounded(ctx context.Context, within time.Duration, do func(context.Context) error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	began := time.Now()
	inner, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	err := do(inner)
	switch {
	case err == nil:
		return nil
	case errors.Is(context.Cause(ctx), errOver):
		return late{time.Since(began).Round(time.Second), fmt.Errorf("%w, %w", err, errOver)}
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case inner.Err() != nil:
		return late{within, err}
	}
	return err
}

// inTime separates what was only too slow, which is a result, from what is wrong.
func inTime(err error) error {
	if _, slow := errors.AsType[late](err); slow || errors.Is(err, errOver) {
		return nil
	}
	return err
}

// without is the row of a measurement that gave no figure.
func without(what, goal string, size int, err error) row {
	r := row{What: what, Goal: goal, Size: size, Measured: "not measured: " + err.Error()}
	if l, slow := errors.AsType[late](err); slow {
		r.Measured = l.Error()
	}
	return r
}
