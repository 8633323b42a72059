package monitor

import (
	"sync/atomic"
	"time"
)

// turns call a function whenever there is something to do, never twice at once, and
// take no goroutine while there is nothing. There is one for each master and for each
// instance, and nearly all of them are idle at any moment.
type turns struct {
	do     func()
	wanted atomic.Int64
	timer  *time.Timer
}

// call has one turn begin after now; it never waits.
func (t *turns) call() {
	if t.wanted.Add(1) == 1 {
		go t.run()
	}
}

// run takes turns until none is wanted.
func (t *turns) run() {
	for {
		n := t.wanted.Load()
		t.do()
		if t.wanted.Add(-n) == 0 {
			return
		}
	}
}

// at calls at some time in place of the one that was set before; only a turn itself may
// set it.
func (t *turns) at(when time.Time) {
	wait := max(0, time.Until(when))
	if t.timer != nil {
		t.timer.Reset(wait)
		return
	}
	t.timer = time.AfterFunc(wait, func() {
		if t.wanted.Add(1) == 1 {
			t.run()
		}
	})
}

// never lets go of the time that was set.
func (t *turns) never() {
	if t.timer != nil {
		t.timer.Stop()
	}
}
