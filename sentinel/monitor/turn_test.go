package monitor

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// oneTurn is a monitor in which one set may be worked on, with two sets.
func oneTurn(ctx context.Context, leads bool) (m *Monitor, a, b *loop) {
	m = &Monitor{turns: make(chan struct{}, 1)}
	m.leads.Store(leads)
	a = &loop{m: m, ctx: ctx, machine: sentinel.NewMachine("a")}
	b = &loop{m: m, ctx: ctx, machine: sentinel.NewMachine("b")}
	return m, a, b
}

// began lets a loop begin, and tells whether it has a turn by now, as its select would.
func began(l *loop) func() bool {
	l.begin()
	return func() bool {
		synctest.Wait()
		select {
		case l.awaited() <- struct{}{}:
			l.got()
		default:
		}
		return l.turn.since.IsZero()
	}
}

// firstStart are the observations with which a leader begins to start a set.
func firstStart(l *loop) []sentinel.Observation {
	pod := sentinel.Pod{Name: "a-0", UID: "a-0", Addr: sentinel.Addr{Host: "10.0.0.1", Port: 6379}}
	return []sentinel.Observation{
		sentinel.LeaderSeen{Leading: true, Term: 1},
		sentinel.SetSeen{Set: sentinel.Set{Master: l.name, Owner: "a", Size: 1, Config: sentinel.Defaults(), Pods: []sentinel.Pod{pod}}},
		sentinel.RecordSeen{},
		sentinel.InstanceSeen{UID: pod.UID, At: time.Now(), Snapshot: sentinel.Snapshot{
			RunID: "run", Role: sentinel.RoleReplica, ReplID: "id", MasterAddr: sentinel.Nowhere, Priority: 100,
		}},
	}
}

func TestSetsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, a, b := oneTurn(t.Context(), true)
		a.begin()
		second := began(b)
		if second() {
			t.Fatal("two sets are worked on, want one")
		}
		a.rest()
		if !second() {
			t.Fatal("a set without an operation kept its turn")
		}
		b.rest()
		if len(m.turns) != 0 {
			t.Error("a turn was not given back")
		}
	})
}

// TestOperationKeepsItsTurn, but not for ever.
func TestOperationKeepsItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, a, b := oneTurn(t.Context(), true)
		a.begin()
		for _, o := range firstStart(a) {
			a.machine.Step(time.Now(), o)
		}
		if !a.machine.Busy() {
			t.Fatal("the first start of a set has not begun")
		}
		a.rest()
		second := began(b)
		time.Sleep(turnFor - 1)
		if second() {
			t.Fatal("an operation lost its turn before its time")
		}
		time.Sleep(time.Nanosecond)
		if !second() {
			t.Fatal("an operation keeps its turn for ever")
		}
		a.begin() // it has begun, and needs none
		a.rest()
		b.rest()
		a.turn.end()
		if len(m.turns) != 0 {
			t.Error("a turn was not given back")
		}
	})
}

// TestWhoWaitsLooksOn: what comes is taken in, nothing is begun, and that not for ever.
func TestWhoWaitsLooksOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, a, b := oneTurn(t.Context(), true)
		a.begin()
		b.begin()
		for _, o := range firstStart(b) {
			if orders := b.machine.Step(time.Now(), o); len(orders) != 0 {
				t.Errorf("ordered without a turn: %v", orders)
			}
		}
		if !b.machine.Known() {
			t.Error("the set was not taken in")
		}
		if wait := b.sleep(); wait != lookEvery {
			t.Errorf("looks again after %s, want %s", wait, lookEvery)
		}
		time.Sleep(turnWait)
		b.begin()
		if orders := b.machine.Step(time.Now(), sentinel.Tick{}); len(orders) == 0 {
			t.Error("waits for a turn for ever")
		}
		b.rest()
		if len(m.turns) != 1 {
			t.Error("a set that had no turn gave one back")
		}
	})
}

func TestWhoDoesNotLeadNeedsNoTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, a, b := oneTurn(t.Context(), false)
		a.begin()
		b.begin()
		if len(m.turns) != 0 {
			t.Error("a turn was taken")
		}
	})
}
