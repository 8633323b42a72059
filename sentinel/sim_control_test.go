package sentinel

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// The leader's connections, as monitor/control.go and resp/node keep them: one per
// process, its run id checked once, one command at a time.

var (
	errSimGone   = errors.New("the process is gone")
	errSimNobody = fmt.Errorf("%w: connection refused", errSimGone)
	errSimOther  = errors.New("the connection on which it was read has ended")
	errSimLost   = errors.New("connection lost")
)

// nodeTimeout bounds one exchange on a connection.
const nodeTimeout = 2 * time.Second

type control struct {
	v       *service
	term    uint64
	last    uint64
	open    map[string]*line
	had     map[string]bool
	opening map[string]bool
}

// line is one kept connection.
type line struct {
	*conn
	runID   string
	number  uint64
	dead    bool
	alone   bool // see monitor's claim
	renewed bool
	busy    bool
	queue   []func()
	fail    func(error) // of the exchange under way
	onLost  func()
}

func newSimControl(v *service) *control {
	return &control{v: v, open: map[string]*line{}, had: map[string]bool{}, opening: map[string]bool{}}
}

func (c *control) kept(p Process) *line {
	if l := c.open[p.UID]; l != nil && (l.runID == p.RunID || c.v.s.mutant == "incarnation") {
		return l
	}
	return nil
}

// to gives a connection to exactly this process, opened if there is none.
func (c *control) to(p Process, got func(*line, error)) {
	if l := c.kept(p); l != nil && !l.dead {
		got(l, nil)
		return
	}
	term := c.term
	c.v.dial(p.Addr, term, nodeTimeout, func(l *line, s Snapshot, err error) {
		switch {
		case err != nil:
			got(nil, err)
		case s.RunID != p.RunID && c.v.s.mutant != "incarnation":
			l.leave()
			got(nil, errSimGone)
		case c.term != term:
			l.leave()
			got(nil, errSimOther)
		default:
			if old := c.open[p.UID]; old != nil {
				if old.runID == s.RunID && !old.dead {
					l.leave()
					got(old, nil)
					return
				}
				old.close()
			}
			c.last++
			l.number = c.last
			l.renewed, c.had[p.UID] = c.had[p.UID], true
			l.pill = c == c.v.pills
			l.alone = l.pill
			c.open[p.UID] = l
			got(l, nil)
		}
	})
}

// exactly gives the connection with this number, and never opens one.
func (c *control) exactly(p Process, number uint64, got func(*line, error)) {
	if c.v.s.mutant == "incarnation" {
		c.to(p, got)
		return
	}
	l := c.kept(p)
	if l == nil || l.number != number || l.dead {
		got(nil, errSimOther)
		return
	}
	got(l, nil)
}

func (c *control) ahead(p Process) {
	if l := c.kept(p); l != nil && !l.dead || c.opening[p.UID] {
		return
	}
	c.opening[p.UID] = true
	c.to(p, func(l *line, err error) {
		delete(c.opening, p.UID)
		if err == nil {
			l.onLost = func() { c.v.post(Tick{}) }
		}
	})
}

func (c *control) drop(uid string) {
	if l := c.open[uid]; l != nil {
		l.close()
		delete(c.open, uid)
	}
}

func (c *control) reset(term uint64) {
	uids := make([]string, 0, len(c.open))
	for uid := range c.open {
		uids = append(uids, uid)
	}
	slices.Sort(uids)
	for _, uid := range uids {
		c.drop(uid)
	}
	clear(c.had)
	c.term = term
}

// dial opens a connection and reads the state of whoever answers at the address.
func (v *service) dial(a Addr, term uint64, within time.Duration, got func(*line, Snapshot, error)) {
	s := v.s
	over := false
	answer := func(l *line, snap Snapshot, err error) {
		if over {
			if l != nil {
				l.leave()
			}
			return
		}
		over = true
		got(l, snap, err)
	}
	s.after(within, func() { v.resume(func() { answer(nil, Snapshot{}, errTimeout) }) })
	way := func() time.Duration { return s.rarely(0.02, s.delay.usual, s.delay.most) }
	s.after(way(), func() {
		pod := s.podAt(a)
		if pod == nil || s.cut[v.place][pod.place] || pod.down {
			return
		}
		r := s.listening(a)
		if s.rejects[v.place][pod.place] {
			s.after(way(), func() { v.resume(func() { answer(nil, Snapshot{}, errSimNobody) }) })
			return
		}
		if r == nil {
			if pod.closing {
				return // neither refused nor answered: the caller tries again
			}
			if pod.gone && !pod.refuses {
				return
			}
			s.after(way(), func() { v.resume(func() { answer(nil, Snapshot{}, errSimNobody) }) })
			return
		}
		c := &conn{s: s, server: r, to: pipe{from: v.place, to: r.place}, back: pipe{from: r.place, to: v.place}}
		l := &line{conn: c, runID: r.runID}
		r.conns = append(r.conns, c)
		c.lost = func() { v.resume(l.end) }
		r.receive(c, func(reply func(any)) {
			c.term = term // CLIENT SETNAME
			if refused := r.refusal("INFO"); refused != nil {
				reply(refused)
				return
			}
			reply(r.snapshot())
		}, func(value any) {
			v.resume(func() {
				if refused, is := value.(error); is {
					l.leave()
					answer(nil, Snapshot{}, refused)
					return
				}
				answer(l, value.(Snapshot), nil)
			})
		})
	})
}

// end is the loss of the connection.
func (l *line) end() {
	if l.dead {
		return
	}
	l.dead = true
	if l.fail != nil {
		l.fail(errSimLost)
	}
	queue := l.queue
	l.queue = nil
	for _, next := range queue {
		next()
	}
	if l.onLost != nil {
		l.onLost()
	}
}

// close gives the connection up; what was sent is still on its way.
func (l *line) close() {
	l.leave()
	l.onLost = nil
	l.end()
}

// exchange sends a command and waits for the answer, when it is its turn.
func (l *line) exchange(v *service, within time.Duration, do func(r *server, c *conn) any, got func(any, error)) {
	if l.dead {
		got(nil, errSimLost)
		return
	}
	if l.busy {
		l.queue = append(l.queue, func() { l.exchange(v, within, do, got) })
		return
	}
	l.busy = true
	over := false
	finish := func(value any, err error) {
		if over {
			return
		}
		over, l.busy, l.fail = true, false, nil
		got(value, err)
		if len(l.queue) > 0 && !l.busy && !l.dead {
			next := l.queue[0]
			l.queue = l.queue[1:]
			next()
		}
	}
	l.fail = func(err error) { finish(nil, err) }
	v.s.after(min(within, nodeTimeout), func() {
		v.resume(func() {
			if !over {
				finish(nil, errTimeout)
				l.close()
			}
		})
	})
	l.send(func(answer func(any)) { answer(do(l.server, l.conn)) }, func(value any) {
		v.resume(func() { finish(value, nil) })
	})
}
