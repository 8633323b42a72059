package monitor

import (
	"sync"
	"time"
)

// A leader works on few sets at a time. What a thousand begin at once, none finishes in
// time: their orders wait for a processor beyond the deadlines, are repeated, and the best
// replica is passed over because its answer came late. So a set begins an operation
// when it has a turn. One that waits goes on to take in and to show what comes, and loses
// nothing: no order of its own is under way.
const (
	turnsMost = 32
	// turnFor is how long an operation keeps its turn. One that takes longer waits for
	// somebody who does not answer, and that keeps nobody else from working.
	turnFor = time.Second
	// turnWait is how long a set waits at most: late and beside too many is better
	// than not at all.
	turnWait = 10 * time.Second
	// lookEvery is how often a set that waits takes in what has come, if anything has.
	lookEvery = 200 * time.Millisecond
)

// turn is that of one loop.
type turn struct {
	giveBack func()      // nil without one
	limit    *time.Timer // of an operation
	// since is when it was waited for first; zero while it is not.
	since time.Time
}

// begin takes a turn where one is needed: by the leader, for a set that has nothing under
// way. Without one the machine only looks on.
func (l *loop) begin() {
	t := &l.turn
	if !l.m.leads.Load() || t.giveBack != nil || l.machine.Busy() {
		l.mayBegin(true)
		return
	}
	select {
	case l.m.turns <- struct{}{}:
		l.got()
	default:
		if t.since.IsZero() {
			t.since = time.Now()
		}
		l.mayBegin(time.Since(t.since) >= turnWait)
	}
}

// awaited has room when the turn has come that the loop waits for; nil if it waits for none.
func (l *loop) awaited() chan<- struct{} {
	if l.turn.since.IsZero() {
		return nil
	}
	return l.m.turns
}

// got is called with a turn.
func (l *loop) got() {
	turns := l.m.turns
	l.turn.giveBack = sync.OnceFunc(func() { <-turns })
	l.mayBegin(true)
}

func (l *loop) mayBegin(may bool) {
	if may {
		l.turn.since = time.Time{}
	}
	l.machine.LookOn(!may)
}

// rest gives the turn back unless orders are under way.
func (l *loop) rest() {
	t := &l.turn
	switch {
	case t.giveBack == nil:
	case l.machine.Busy():
		if t.limit == nil {
			t.limit = time.AfterFunc(turnFor, t.giveBack)
		}
	default:
		t.end()
	}
}

func (t *turn) end() {
	if t.limit != nil {
		t.limit.Stop()
	}
	if t.giveBack != nil {
		t.giveBack()
	}
	*t = turn{}
}
