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

// began tells, after everybody has done what can be done, whether a loop has begun.
func began(l *loop) func() bool {
	done := make(chan struct{})
	go func() { l.begin(); close(done) }()
	return func() bool {
		synctest.Wait()
		select {
		case <-done:
			return true
		default:
			return false
		}
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
		pod := sentinel.Pod{Name: "a-0", UID: "a-0", Addr: sentinel.Addr{Host: "10.0.0.1", Port: 6379}}
		for _, o := range []sentinel.Observation{
			sentinel.LeaderSeen{Leading: true, Term: 1},
			sentinel.SetSeen{Set: sentinel.Set{Master: "a", Owner: "a", Size: 1, Config: sentinel.Defaults(), Pods: []sentinel.Pod{pod}}},
			sentinel.RecordSeen{},
			sentinel.InstanceSeen{UID: pod.UID, At: time.Now(), Snapshot: sentinel.Snapshot{
				RunID: "run", Role: sentinel.RoleReplica, ReplID: "id", MasterAddr: sentinel.Nowhere, Priority: 100,
			}},
		} {
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

func TestWaitForATurnEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, a, b := oneTurn(t.Context(), true)
		a.begin()
		start := time.Now()
		b.begin()
		if waited := time.Since(start); waited != turnWait {
			t.Errorf("waited %s, want %s", waited, turnWait)
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
