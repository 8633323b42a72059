package monitor

import (
	"sync"
	"time"
)

// A leader works on few sets at a time. What a thousand begin at once, none finishes in
// time: their orders wait for a processor beyond the deadlines, are repeated, and the best
// replica is passed over because its answer came late. So a set begins an operation
// when it has a turn, and those that wait lose nothing: no order of theirs is under way.
const (
	turnsMost = 32
	// turnFor is how long an operation keeps its turn. One that takes longer waits for
	// somebody who does not answer, and that keeps nobody else from working.
	turnFor = time.Second
	// turnWait is how long a set waits at most: late and beside too many is better
	// than not at all.
	turnWait = 10 * time.Second
)

// turn is that of one loop.
type turn struct {
	giveBack func()      // nil without one
	limit    *time.Timer // of an operation
}

// begin waits for a turn where one is needed: by the leader, for a set that has nothing
// under way.
func (l *loop) begin() {
	if !l.m.leads.Load() || l.turn.giveBack != nil || l.machine.Busy() {
		return
	}
	turns := l.m.turns
	select {
	case turns <- struct{}{}:
	default:
		wait := time.NewTimer(turnWait)
		defer wait.Stop()
		select {
		case turns <- struct{}{}:
		case <-wait.C:
			return
		case <-l.ctx.Done():
			return
		}
	}
	l.turn.giveBack = sync.OnceFunc(func() { <-turns })
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
