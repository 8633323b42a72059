package monitor

import (
	"context"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestQuickReadingsHaveRoomForFew: what finds no room is left out, and is no reading.
func TestQuickReadingsHaveRoomForFew(t *testing.T) {
	m := &Monitor{quick: make(chan struct{}, 1)}
	p := &probe{loop: &loop{m: m}}
	m.quick <- struct{}{}
	var last time.Time
	// Without room neither the connection, which is none here, nor the time is touched.
	if !p.quickly(context.Background(), nil, &last) || !last.IsZero() {
		t.Errorf("a reading began at %s, though there was no room", last)
	}
	<-m.quick
	if len(m.quick) != 0 {
		t.Error("what was left out took room")
	}
}

// TestSilentReadingMakesRoom: one Redis that does not answer keeps nobody from a reading,
// and makes room once only.
func TestSilentReadingMakesRoom(t *testing.T) {
	m := &Monitor{quick: make(chan struct{}, 1), attention: newAttention(time.Now())}
	p := &probe{loop: &loop{m: m}, vitals: sentinel.NewVitals(time.Now())}
	p.downAfter.Store(int64(time.Hour))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan struct{})
	silent := mute{asked: make(chan struct{}), closed: ctx}
	go func() {
		defer close(done)
		var last time.Time
		p.quickly(ctx, silent, &last)
	}()
	<-silent.asked
	select {
	case m.quick <- struct{}{}:
	case <-time.After(10 * time.Second):
		t.Fatal("a reading without an answer still keeps its place")
	}
	cancel()
	<-done
	if len(m.quick) != 1 {
		t.Error("the place was given back twice")
	}
}

// mute is a connection on which nothing is answered.
type mute struct {
	Pulse
	asked  chan struct{}
	closed context.Context
}

func (c mute) Snapshot(time.Time) (sentinel.Snapshot, error) {
	close(c.asked)
	<-c.closed.Done()
	return sentinel.Snapshot{}, c.closed.Err()
}

func (mute) Lost() <-chan struct{} { return nil }
