package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// TestBounded: an end by time is a result that tells what was reached; anything else is
// wrong.
func TestBounded(t *testing.T) {
	reached := errors.New("12 of 20 masters")
	untilEnd := func(ctx context.Context) error { <-ctx.Done(); return reached }
	whole, end := context.WithCancelCause(t.Context())
	interrupted, interrupt := context.WithCancel(t.Context())
	for _, test := range []struct {
		name   string
		ctx    context.Context
		within time.Duration
		do     func(context.Context) error
		tells  string
		result bool
	}{
		{"its own time is over", t.Context(), time.Millisecond, untilEnd, "not within 1ms: 12 of 20 masters", true},
		{"the whole run's time is over", whole, time.Hour, func(ctx context.Context) error { end(errOver); return untilEnd(ctx) }, "12 of 20 masters, the time of the whole run is over", true},
		{"the whole run's time was over before", whole, time.Hour, untilEnd, "not measured: the time of the whole run is over", true},
		{"interrupted", interrupted, time.Hour, func(ctx context.Context) error { interrupt(); return untilEnd(ctx) }, "not measured: context canceled", false},
		{"wrong", t.Context(), time.Hour, func(context.Context) error { return reached }, "not measured: 12 of 20 masters", false},
	} {
		err := bounded(test.ctx, test.within, test.do)
		if err == nil {
			t.Errorf("%s: no error", test.name)
			continue
		}
		if text := without("", "", 0, err).Measured; !strings.HasSuffix(text, test.tells) {
			t.Errorf("%s: the row tells %q, want %q", test.name, text, test.tells)
		}
		if (inTime(err) == nil) != test.result {
			t.Errorf("%s: %v left of %v", test.name, inTime(err), err)
		}
	}
	if err := bounded(t.Context(), time.Hour, func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
}
