package sentinel

import "time"

// The network: what travels takes time, arrives in order on its connection, and not
// at all while the way is cut. What was sent into a cut lies in the sender's queue: it
// arrives some time after the healing. Only of a connection that its client has left
// meanwhile it may never arrive.

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
	held    []*pipe
	delay   struct{ usual, most time.Duration }
}

// pipe is one direction of a connection.
type pipe struct {
	from, to place
	last     time.Duration // when the latest thing arrives
	waiting  []func()      // sent into a cut
	left     bool          // by its sender: the kernel may give up what is still queued
	broken   bool          // it did
}

// carry lets something arrive at the other end.
func (s *sim) carry(p *pipe, arrive func()) {
	s.carryIn(p, s.rarely(0.02, s.delay.usual, s.delay.most), arrive)
}

func (s *sim) carryIn(p *pipe, d time.Duration, arrive func()) {
	p.last = max(s.now+d, p.last+1)
	s.at(p.last, func() { s.arrive(p, arrive) })
}

func (s *sim) arrive(p *pipe, arrive func()) {
	switch {
	case p.broken:
	case s.cut[p.from][p.to] || len(p.waiting) > 0:
		if len(p.waiting) == 0 {
			s.held = append(s.held, p)
		}
		p.waiting = append(p.waiting, arrive)
	default:
		arrive()
	}
}

// setCut cuts the way between two places, or heals it.
func (s *sim) setCut(a, b place, cut bool) {
	if a == b || s.cut[a][b] == cut {
		return
	}
	s.cut[a][b], s.cut[b][a] = cut, cut
	if cut {
		for _, r := range s.servers {
			switch r.place {
			case a:
				r.missWhileFrozen(b)
			case b:
				r.missWhileFrozen(a)
			}
		}
		return
	}
	for _, p := range s.held {
		if p.from == a && p.to == b || p.from == b && p.to == a {
			s.after(s.rarely(0.3, 5*time.Millisecond, 2*time.Second), func() { s.release(p) })
		}
	}
}

// release sends again what was not acknowledged.
func (s *sim) release(p *pipe) {
	if s.cut[p.from][p.to] || len(p.waiting) == 0 {
		return
	}
	waiting := p.waiting
	p.waiting = nil
	for i, q := range s.held {
		if q == p {
			s.held = append(s.held[:i], s.held[i+1:]...)
			break
		}
	}
	if p.left && s.chance(0.4) {
		p.broken = true
		return
	}
	for _, arrive := range waiting {
		arrive()
	}
}

// isolate cuts a place off from all others but those named.
func (s *sim) isolate(a place, cut bool, but ...place) {
	for b := range place(places) {
		keep := false
		for _, k := range but {
			keep = keep || k == b
		}
		if !keep {
			s.setCut(a, b, cut)
		}
	}
}

// conn is a client's connection to a Redis process.
type conn struct {
	s        *sim
	server   *server
	term     uint64 // of a control connection, as its name tells it; else 0
	pill     bool   // it lies idle for a pill
	forged   bool   // its name is a leader's without the seal
	to, back pipe
	closed   bool // by the process
	left     bool // by the client
	lost     func()
}

// send gives a command to the process. It is carried out when it arrives there, even
// if the client has gone by then, but not once the process has closed the connection.
func (c *conn) send(do func(answer func(any)), reply func(any)) {
	c.s.carry(&c.to, func() { c.server.receive(c, do, reply) })
}

// answer brings a reply back.
func (c *conn) answer(value any, reply func(any)) {
	c.s.carry(&c.back, func() {
		if !c.left {
			reply(value)
		}
	})
}

// leave closes the connection at the client's end. What was sent is still carried out.
func (c *conn) leave() {
	if c.left {
		return
	}
	c.left, c.to.left = true, true
	c.s.carry(&c.to, func() { c.server.forget(c) })
}

// end closes the connection at the process's end.
func (c *conn) end() {
	if c.closed {
		return
	}
	c.closed = true
	c.s.carry(&c.back, func() {
		if !c.left && c.lost != nil {
			c.left = true
			c.lost()
		}
	})
}
