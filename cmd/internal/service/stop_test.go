package service

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestFinish: a leader that is told to end waits for what is under way, and not for ever.
func TestFinish(t *testing.T) {
	for _, test := range []struct {
		name           string
		busyFor, after time.Duration
	}{
		{"idle", 0, 0},
		{"a switchover", 28 * time.Millisecond, 30 * time.Millisecond},
		{"nobody answers", time.Hour, finishMost},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var idle atomic.Bool
				time.AfterFunc(test.busyFor, func() { idle.Store(true) })
				synctest.Wait()
				began := time.Now()
				finish(t.Context(), func() bool { return !idle.Load() })
				if took := time.Since(began); took != test.after {
					t.Errorf("it took %s, want %s", took, test.after)
				}
			})
		})
	}
	gone, end := context.WithCancel(t.Context())
	end()
	finish(gone, func() bool { return true })
}
