package sentinel

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Orders, carried out as monitor/execute.go and resp/node/commands.go do: on the kept
// connection or on a new one, each within a time, possibly long after the leader that
// gave it was deposed.

const commandTimeout = 4 * time.Second

// task is one order under way.
type task struct {
	reading bool
	name    string
	v       *service
	id      uint64
	acting  *acting
	until   time.Duration
	over    bool
}

func (t *task) left() time.Duration { return t.until - t.v.s.now }

// finish gives the outcome to the machine, unless its term is over by now.
func (t *task) finish(d Done) {
	if t.over {
		return
	}
	t.over = true
	if t.acting.over {
		return
	}
	d.ID, d.At = t.id, t.v.s.clock()
	d.Gone, d.Refused = errors.Is(d.Err, errSimGone), errors.Is(d.Err, errSimNobody)
	d.Detached = errors.Is(d.Err, errSimUnread)
	t.v.post(d)
}

func (v *service) carryOut(o Order) {
	if r, report := o.Action.(Report); report {
		v.s.wrote() // an Event
		v.s.tell("%s reports %s: %s", v.name, r.Reason, r.Message)
		for _, line := range candidatesToShow(r) {
			v.s.tell("  candidate %s", line)
		}
		return
	}
	if v.acting == nil {
		return
	}
	t := &task{v: v, id: o.ID, acting: v.acting, until: v.s.now + commandTimeout}
	s := v.s
	name := orderName(o.Action)
	t.name = name
	s.count("order " + name)
	if a, is := o.Action.(Commit); is {
		s.trapped(v, name+" "+string(a.Record.Phase))
	} else {
		s.trapped(v, name)
	}
	if name != "Label" && name != "ReadBack" && name != "Commit" && s.story != nil {
		s.tell("%s orders %s %s", v.name, name, subject(o.Action))
	}
	switch a := o.Action.(type) {
	case ReadBack:
		v.call(func() (any, error) { return answerOf{s.record, s.set().Pods}, nil }, func(value any, err error) {
			if err != nil {
				t.finish(Done{Err: err})
				return
			}
			read := value.(answerOf)
			v.highest = max(v.highest, read.record.Epoch)
			v.listed = slices.Clone(read.pods)
			t.finish(Done{Record: &read.record, Pods: read.pods})
		})
	case Commit:
		v.call(func() (any, error) { return s.put(v, a.Record) }, func(value any, err error) {
			if err != nil {
				t.finish(Done{Err: err})
				return
			}
			written := value.(Record)
			t.finish(Done{Record: &written})
		})
	case Label:
		v.call(func() (any, error) {
			s.wrote()
			for _, p := range s.pods {
				if p.UID == a.Pod.UID {
					p.Role = a.Role
					s.podsChanged()
				}
			}
			return nil, nil
		}, func(_ any, err error) { t.finish(Done{Err: err}) })
	default:
		t.command(a)
	}
}

type answerOf struct {
	record Record
	pods   []Pod
}

func orderName(a Action) string { return fmt.Sprintf("%T", a)[len("sentinel."):] }

// command is an order for a process.
func (t *task) command(a Action) {
	c := t.v.control
	switch a := a.(type) {
	case Inspect:
		t.reading = true
		c.to(a.Process, t.on(a.Process, t.purged(a.Purge, t.snapshot)))
	case Freeze:
		c.to(a.Process, t.on(a.Process, t.purged(a.Purge, t.drain(t.v.s.now+20*time.Millisecond, a))))
	case Demote:
		c.exactly(a.Process, a.Conn, t.on(a.Process, t.simply(func(r *server, _ *conn) { r.replicaOf(Nowhere) })))
	case Empty:
		c.exactly(a.Process, a.Conn, t.on(a.Process, t.simply(func(r *server, _ *conn) { r.empty() })))
	case Promote:
		c.exactly(a.Process, a.Conn, t.on(a.Process, t.simply(func(r *server, _ *conn) { r.promote(a.MinReplicas, a.MaxLag) })))
	case SetFence:
		c.exactly(a.Process, a.Conn, t.on(a.Process, t.simply(func(r *server, _ *conn) {
			r.s.tell("%s is told fence %d", r.pod.Name, a.MinReplicas)
			r.fence, r.maxLag = a.MinReplicas, a.MaxLag
			r.recount()
		})))
	case Pill:
		t.pill(a)
	case Follow:
		c.to(a.Process, t.on(a.Process, t.followed(a)))
	case CutLate:
		c.to(a.Process, t.on(a.Process, t.simply(func(r *server, c *conn) { r.cutClients(c) })))
	case Pause:
		c.exactly(a.Process, a.Conn, t.on(a.Process, t.simply(func(r *server, _ *conn) { r.pause(a.For) })))
	case Unpause:
		c.to(a.Process, t.on(a.Process, t.simply(func(r *server, _ *conn) { r.resume() })))
	case AwaitOffset:
		c.to(a.Process, t.on(a.Process, t.await(a, t.v.s.now+a.Within)))
	default:
		panic("the simulation does not know this order")
	}
}

// how is what is done on the connection.
type how func(l *line, fail func(error))

func (t *task) on(p Process, do how) func(*line, error) {
	return func(l *line, err error) {
		if err != nil {
			t.finish(Done{Err: err})
			return
		}
		if t.over || t.acting.over {
			return
		}
		t.claimed(do)(l, func(err error) {
			if l.dead {
				t.v.control.drop(p.UID)
			}
			t.finish(Done{Err: err})
		})
	}
}

// claimed ends other control connections first, once for each connection, unless one of
// a later leader is there.
func (t *task) claimed(do how) how {
	return func(l *line, fail func(error)) {
		if l.alone || t.reading && !l.renewed {
			do(l, fail)
			return
		}
		l.exchange(t.v, t.left(), func(r *server, c *conn) any { return r.claim(t.v.control.term, c) }, func(value any, err error) {
			if overtaken, ok := value.(error); ok && err == nil {
				err = overtaken
			}
			if err != nil {
				fail(err)
				return
			}
			l.alone = true
			do(l, fail)
		})
	}
}

// simply changes something and reads the state, in one transaction.
func (t *task) simply(change func(*server, *conn)) how {
	return func(l *line, fail func(error)) {
		l.exchange(t.v, t.left(), func(r *server, c *conn) any {
			if r.loading && !t.reading {
				return errSimLoading
			}
			if refused := r.refusal(t.name); refused != nil {
				return refused
			}
			change(r, c)
			return r.snapshot()
		}, func(value any, err error) { t.told(l, value, err, fail) })
	}
}

func (t *task) told(l *line, value any, err error, fail func(error)) {
	if err != nil {
		fail(err)
		return
	}
	if refused, is := value.(error); is {
		fail(refused)
		return
	}
	s := value.(Snapshot)
	t.finish(Done{Snapshot: &s, Conn: l.number})
}

func (t *task) snapshot(l *line, fail func(error)) { t.simply(func(*server, *conn) {})(l, fail) }

func (t *task) purged(purge bool, do how) how {
	if !purge {
		return do
	}
	return func(l *line, fail func(error)) {
		l.exchange(t.v, t.left(), func(r *server, _ *conn) any {
			r.killOlder(t.v.control.term)
			return nil
		}, func(_ any, err error) {
			if err != nil {
				fail(err)
				return
			}
			do(l, fail)
		})
	}
}

// drain is Freeze: the replica may read its link to the end first, and is left alone if that
// does not end.
func (t *task) drain(until time.Duration, a Freeze) how {
	return func(l *line, fail func(error)) {
		l.exchange(t.v, t.left(), func(r *server, _ *conn) any {
			if refused := r.refusal("INFO"); refused != nil && a.Masters && !r.refuses["Freeze"] {
				r.replicaOf(Nowhere)
				return errSimUnread
			} else if refused != nil {
				return refused
			}
			return r.snapshot()
		}, func(value any, err error) {
			refused, is := value.(error)
			switch {
			case err != nil:
				fail(err)
			case is:
				fail(refused)
			case value.(Snapshot).Role == RoleMaster && !a.Masters:
				t.snapshot(l, fail)
			case value.(Snapshot).LinkedTo(a.Unless...):
				if t.v.s.now >= until+80*time.Millisecond {
					t.told(l, value, nil, fail)
					return
				}
				t.v.s.after(2*time.Millisecond, func() { t.v.resume(func() { t.drain(until, a)(l, fail) }) })
			case !value.(Snapshot).LinkUp || t.v.s.now >= until:
				t.simply(func(r *server, _ *conn) { r.replicaOf(Nowhere) })(l, fail)
			default:
				t.v.s.after(2*time.Millisecond, func() { t.v.resume(func() { t.drain(until, a)(l, fail) }) })
			}
		})
	}
}

func (t *task) await(a AwaitOffset, until time.Duration) how {
	return func(l *line, fail func(error)) {
		l.exchange(t.v, t.left(), func(r *server, _ *conn) any {
			if refused := r.refusal(t.name); refused != nil {
				return refused
			}
			return r.snapshot()
		}, func(value any, err error) {
			if refused, is := value.(error); err == nil && is {
				err = refused
			}
			if err != nil {
				fail(err)
				return
			}
			switch s := value.(Snapshot); {
			case s.Role != RoleReplica || !s.LinkUp:
				fail(errSimLost)
			case s.ReplicaOffset >= a.Offset:
				t.finish(Done{Snapshot: &s, Conn: l.number})
			case t.v.s.now > until:
				fail(errTimeout)
			default:
				t.v.s.after(time.Millisecond, func() { t.v.resume(func() { t.await(a, until)(l, fail) }) })
			}
		})
	}
}

// followed points a process at its master; paused clients are let go after it.
func (t *task) followed(a Follow) how {
	return func(l *line, fail func(error)) {
		l.exchange(t.v, t.left(), func(r *server, c *conn) any {
			if r.loading {
				return errSimLoading
			}
			if refused := r.refusal(t.name); refused != nil {
				return refused
			}
			r.replicaOf(a.Master)
			if a.CutClients {
				r.cutClients(c)
			}
			return r.snapshot()
		}, func(value any, err error) {
			if _, refused := value.(error); err == nil && a.CutClients && !refused {
				l.exchange(t.v, t.left(), func(r *server, _ *conn) any { r.resume(); return nil }, func(any, error) {
					t.told(l, value, nil, fail)
				})
				return
			}
			t.told(l, value, err, fail)
		})
	}
}

// pill goes out on the idle connection, if there is one.
func (t *task) pill(a Pill) {
	l := t.v.pills.kept(a.Process)
	if l == nil {
		if r := t.v.s.process(a.Process); r != nil {
			r.noPill = true
		}
		t.finish(Done{Err: errSimOther})
		return
	}
	t.on(a.Process, func(l *line, fail func(error)) {
		l.exchange(t.v, t.left(), func(r *server, c *conn) any {
			r.s.tell("%s swallows the pill", r.pod.Name)
			r.s.count("pill swallowed")
			r.replicaOf(Nowhere)
			r.cutClients(c)
			return r.snapshot()
		}, func(value any, err error) { t.told(l, value, err, fail) })
	})(l, nil)
}
