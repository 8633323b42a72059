package monitor

import (
	"context"
	"time"
)

// bounded is a context that ends at some time. The standard one keeps a timer for
// that, which thousands of PINGs a second can do without: whoever sends one reads the
// deadline.
type bounded struct {
	context.Context
	by time.Time
}

// Deadline is the time at which it ends.
func (b bounded) Deadline() (time.Time, bool) { return b.by, true }

// Err tells whether it has ended.
func (b bounded) Err() error {
	if err := b.Context.Err(); err != nil {
		return err
	}
	if !time.Now().Before(b.by) {
		return context.DeadlineExceeded
	}
	return nil
}
