package monitor

import (
	"context"
	"testing"
	"time"
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
