package sentinel

import (
	"testing"
	"time"
)

// TestHears: what a replica tells is the difference of two readings of a clock in whole
// seconds, so the time without a word may be almost a second less. A healthy idle link
// is silent for a bit more than a second, and tells 2 for a moment.
func TestHears(t *testing.T) {
	master := Addr{Host: "10.0.0.1", Port: 6379}
	for _, c := range []struct {
		downAfter time.Duration
		told      int // seconds
		hears     bool
	}{
		{2 * time.Second, 0, true},
		{2 * time.Second, 2, true},
		{2 * time.Second, 3, false},
		{time.Millisecond, 2, true},
		{time.Millisecond, 3, false},
		{2500 * time.Millisecond, 3, true},
		{2500 * time.Millisecond, 4, false},
		{30 * time.Second, 30, true},
		{30 * time.Second, 31, false},
	} {
		m := NewMachine("mymaster")
		m.set.Config.DownAfter = c.downAfter
		m.rec.Master.Addr = master
		r := &instance{snapshot: &Snapshot{Role: RoleReplica, MasterAddr: master, LinkUp: true, LastIO: time.Duration(c.told) * time.Second}}
		if got := m.hears(r); got != c.hears {
			t.Errorf("down-after %s, last word %d s ago: hears %t, want %t", c.downAfter, c.told, got, c.hears)
		}
		r.snapshot.LinkUp = false
		if m.hears(r) {
			t.Errorf("down-after %s: hears though its link is down", c.downAfter)
		}
	}
}
