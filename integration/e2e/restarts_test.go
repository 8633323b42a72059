package e2e

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// delays are how long crashed containers rest: not at all, unless a test says so of one.
type delays struct {
	pause atomic.Int64
	asked atomic.Int64
}

// restarts are those of a cluster that was started with restarts.next. One test runs at
// a time.
var restarts delays

func (d *delays) next(int) time.Duration {
	defer d.asked.Add(1)
	return time.Duration(d.pause.Load())
}

// after lets the container that crash kills rest for a while.
func (d *delays) after(t *testing.T, pause time.Duration, crash func()) {
	t.Helper()
	d.pause.Store(int64(pause))
	defer d.pause.Store(0)
	before := d.asked.Load()
	crash()
	cluster.Eventually(t, 10*time.Second, "the container rests", func(context.Context) error {
		if d.asked.Load() == before {
			return errors.New("it runs")
		}
		return nil
	})
}
