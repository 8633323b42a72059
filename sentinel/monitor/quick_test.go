package monitor

import (
	"testing"
	"time"

	"golang.org/x/time/rate"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestQuickReadingsAreFew: those that are too many are left out, and are no readings.
func TestQuickReadingsAreFew(t *testing.T) {
	m := &Monitor{quick: rate.NewLimiter(0, 2), attention: newAttention(time.Now())}
	p := &probe{loop: &loop{m: m, bell: make(chan struct{}, 1)}, vitals: sentinel.NewVitals(time.Now())}
	p.downAfter.Store(int64(time.Hour))
	conn := &counted{}
	var last time.Time
	for i := range 4 {
		before := last
		if !p.quickly(t.Context(), conn, &last) {
			t.Fatal("the connection was given up")
		}
		if read := last != before; read != (i < 2) {
			t.Errorf("reading %d: %t", i, read)
		}
	}
	if conn.readings != 2 {
		t.Errorf("%d readings, want the 2 that there is room for", conn.readings)
	}
}

// counted is a connection that counts readings.
type counted struct {
	Pulse
	readings int
}

func (c *counted) Snapshot(time.Time) (sentinel.Snapshot, error) {
	c.readings++
	return sentinel.Snapshot{}, nil
}
