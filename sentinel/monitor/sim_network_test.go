package monitor_test

import (
	"slices"
	"time"
)

// The network: what travels takes time, arrives in order on its connection, and not
// at all while the way is cut. What was sent into a cut lies in the sender's queue and
// arrives some time after the healing; of a connection that its sender has left
// meanwhile it may never arrive. A cut sends no FIN, the end of a process does.

// place is where something runs, for cuts.
type place int

const (
	firstNode    place = 0 // one node per ordinal
	firstService place = 6
	apiServer    place = 9
	firstWriter  place = 10
	places             = 14
)

type network struct {
	cut [places][places]bool
	// rejects: a firewall answers what comes from the first place to the second with RST.
	rejects [places][places]bool
	since   [places][places]time.Time // when it was cut or healed last
	held    []*pipe
	delay   struct{ usual, most time.Duration }
}

// pipe is one direction of a connection.
type pipe struct {
	from, to place
	last     time.Time // when the latest thing arrives
	waiting  []func()  // sent into a cut
	left     bool      // by its sender: the kernel may give up what is still queued
	broken   bool      // it did
}

// carry lets something arrive at the other end.
func (w *world) carry(p *pipe, arrive func()) {
	w.carryIn(p, w.dice.rarely(0.02, w.delay.usual, w.delay.most), arrive)
}

func (w *world) carryIn(p *pipe, d time.Duration, arrive func()) {
	at := time.Now().Add(d)
	if !at.After(p.last) {
		at = p.last.Add(1)
	}
	p.last = at
	w.after(time.Until(at), func() { w.arrive(p, arrive) })
}

func (w *world) arrive(p *pipe, arrive func()) {
	switch {
	case p.broken:
	case w.cut[p.from][p.to] || len(p.waiting) > 0:
		if len(p.waiting) == 0 {
			w.held = append(w.held, p)
		}
		p.waiting = append(p.waiting, arrive)
	default:
		arrive()
	}
}

// keepAlive is when an idle connection into a cut ends by itself (resp/node: 3 s idle,
// then three probes of 1 s). What waits for an acknowledgement is sent again and again
// instead.
const keepAlive = 6 * time.Second

// setCut cuts the way between two places, or heals it.
func (w *world) setCut(a, b place, cut bool) {
	if a == b || w.cut[a][b] == cut {
		return
	}
	w.cut[a][b], w.cut[b][a] = cut, cut
	made := time.Now()
	w.since[a][b] = made
	if cut {
		w.noteFrozen(a, b)
		w.after(keepAlive, func() {
			if w.cut[a][b] && w.since[a][b].Equal(made) {
				w.endIdle(a, b)
			}
		})
		return
	}
	for _, p := range w.held {
		if p.from == a && p.to == b || p.from == b && p.to == a {
			w.after(w.dice.rarely(0.3, 5*time.Millisecond, 2*time.Second), func() { w.release(p) })
		}
	}
}

// noteFrozen: the end of a link does not reach a frozen process over a way that is cut.
func (w *world) noteFrozen(a, b place) {
	for _, r := range w.processes {
		if r.frozen && (r.place == a && b < firstService || r.place == b && a < firstService) {
			r.noFIN = true
		}
	}
}

func (w *world) endIdle(a, b place) {
	for _, r := range w.processes {
		for _, c := range slices.Clone(r.conns) {
			if (c.to.from == a && c.to.to == b || c.to.from == b && c.to.to == a) && c.keepsAlive && len(c.to.waiting) == 0 && !c.left {
				c.left, c.to.broken = true, true
				c.lost()
			}
		}
	}
}

// release sends again what was not acknowledged.
func (w *world) release(p *pipe) {
	if w.cut[p.from][p.to] || len(p.waiting) == 0 {
		return
	}
	waiting := p.waiting
	p.waiting = nil
	w.held = slices.DeleteFunc(w.held, func(q *pipe) bool { return q == p })
	if p.left && w.dice.chance(0.4) {
		p.broken = true
		return
	}
	for _, arrive := range waiting {
		arrive()
	}
}

// isolate cuts a place off from all others but those named.
func (w *world) isolate(a place, cut bool, but ...place) {
	for b := range place(places) {
		if !slices.Contains(but, b) {
			w.setCut(a, b, cut)
		}
	}
}

// wire is a client's connection to a Redis process.
type wire struct {
	w          *world
	process    *process
	name       string // as CLIENT SETNAME has set it
	keepsAlive bool
	to, back   pipe
	closed     bool // by the process
	left       bool // by the client
	lost       func()
}

func (w *world) connect(from place, r *process) *wire {
	c := &wire{w: w, process: r, to: pipe{from: from, to: r.place}, back: pipe{from: r.place, to: from}}
	r.conns = append(r.conns, c)
	return c
}

// send gives a command to the process. It is carried out when it arrives there, even
// if the client has gone by then, but not once the process has closed the connection.
func (c *wire) send(do func(answer func(any)), reply func(any)) {
	c.w.carry(&c.to, func() { c.process.receive(c, do, reply) })
}

// answer brings a reply back.
func (c *wire) answer(value any, reply func(any)) {
	c.w.carry(&c.back, func() {
		if !c.left {
			reply(value)
		}
	})
}

// leave closes the connection at the client's end. What was sent is still carried out.
func (c *wire) leave() {
	if c.left {
		return
	}
	c.left, c.to.left = true, true
	c.w.carry(&c.to, func() { c.process.forget(c) })
}

// end closes the connection at the process's end.
func (c *wire) end() {
	if c.closed {
		return
	}
	c.closed = true
	c.w.carry(&c.back, func() {
		if !c.left && c.lost != nil {
			c.left = true
			c.lost()
		}
	})
}
