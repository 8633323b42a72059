package sentinel

import (
	"errors"
	"time"
)

// probe watches one instance as monitor/probe.go does: a PING each second, a reading
// each ten seconds or ten a second in a hurry, and a new connection soon
// after the old one has ended.
type probe struct {
	v         *service
	uid       string
	addr      Addr
	vitals    *Vitals
	hurry     bool
	downAfter time.Duration

	said    Link
	stopped bool
	line    *line
	turn    int // of the connection: what belongs to an older one is void
	busy    bool
	hurried int
	read    time.Duration
	wait    time.Duration
	opened  time.Duration
}

const (
	simPing     = time.Second
	simInfo     = 10 * time.Second
	simHurry    = 100 * time.Millisecond
	simLeast    = 100 * time.Millisecond
	simRedial   = time.Millisecond
	simRedialMx = 500 * time.Millisecond
	// simRedialLived is how long a connection lives that shows a process to be well.
	simRedialLived = time.Second
)

func newSimProbe(v *service, t Target) *probe {
	p := &probe{v: v, uid: t.UID, addr: t.Addr, vitals: t.Vitals, hurry: t.Hurry, downAfter: t.DownAfter, wait: simRedial}
	p.connect()
	return p
}

func (p *probe) stop() {
	p.stopped = true
	p.turn++
	if p.line != nil {
		p.line.close()
	}
}

// patience bounds an attempt by the moment of down-after.
func (p *probe) patience() time.Duration {
	left := p.downAfter - p.vitals.OKAge(p.v.s.clock())
	if p.said == LinkSilent || left < simLeast {
		return simLeast
	}
	return left
}

func (p *probe) connect() {
	if p.stopped {
		return
	}
	p.turn++
	turn, begun := p.turn, p.v.s.clock()
	p.v.dial(p.addr, 0, min(nodeTimeout, p.patience()), func(l *line, s Snapshot, err error) {
		switch {
		case p.stopped || p.turn != turn:
			if l != nil {
				l.leave()
			}
		case err != nil:
			p.missed(err)
			p.redial(0)
		default:
			p.watch(l, begun, s)
		}
	})
}

// redial connects anew after a pause, which is short after a connection that lived.
func (p *probe) redial(lived time.Duration) {
	if lived >= simRedialLived {
		p.wait = simRedial
	}
	wait := p.wait
	p.wait = min(simRedialMx, 2*wait)
	p.turn++
	turn := p.turn
	p.v.s.after(wait, func() { p.v.resume(p.connectAgain(turn)) })
}

func (p *probe) connectAgain(turn int) func() {
	return func() {
		if p.turn == turn {
			p.connect()
		}
	}
}

func (p *probe) watch(l *line, begun time.Time, s Snapshot) {
	p.line, p.busy, p.hurried, p.read, p.opened = l, false, 0, p.v.s.now, p.v.s.now
	turn := p.turn
	l.onLost = func() {
		p.vitals.Lose(p.v.s.clock())
		p.end(turn)
	}
	p.see(begun, s)
	period := max(10*time.Millisecond, min(simPing, p.downAfter/2))
	p.every(turn, period-time.Duration(p.v.s.rng.Int64N(int64(period)/10)), p.ping)
	p.every(turn, simHurry, p.hasten)
}

// end closes the connection; a new one is opened soon.
func (p *probe) end(turn int) {
	if p.turn != turn || p.stopped {
		return
	}
	p.line.close()
	p.line = nil
	p.redial(p.v.s.now - p.opened)
}

func (p *probe) every(turn int, period time.Duration, do func(turn int)) {
	p.v.s.after(period, func() {
		p.v.resume(func() {
			if p.turn == turn && !p.stopped {
				p.every(turn, period, do)
				if !p.busy {
					do(turn)
				}
			}
		})
	})
}

func (p *probe) hasten(turn int) {
	if !p.hurry {
		p.hurried = 0
		return
	}
	if p.hurried++; p.hurried > 50 && p.hurried%10 != 0 {
		return
	}
	p.reading(turn)
}

func (p *probe) ping(turn int) {
	p.busy = true
	p.vitals.PingSent(p.v.s.clock())
	p.line.exchange(p.v, max(simLeast, p.downAfter/2), func(*server, *conn) any { return nil }, func(_ any, err error) {
		if p.turn != turn {
			return
		}
		p.busy = false
		if err != nil {
			p.missed(err)
			p.end(turn)
			return
		}
		p.vitals.PingReply(p.v.s.clock(), true)
		p.v.reached()
		if p.said == LinkSilent || p.v.s.now-p.read >= simInfo {
			p.reading(turn)
		}
	})
}

func (p *probe) reading(turn int) {
	p.busy = true
	begun := p.v.s.clock()
	p.read = p.v.s.now
	p.line.exchange(p.v, p.patience(), func(r *server, _ *conn) any {
		if refused := r.refusal("INFO"); refused != nil {
			return refused
		}
		return r.snapshot()
	}, func(value any, err error) {
		if p.turn != turn {
			return
		}
		p.busy = false
		if _, refused := value.(error); refused {
			return // it answers PING
		}
		if err != nil {
			p.missed(err)
			p.end(turn)
			return
		}
		p.see(begun, value.(Snapshot))
	})
}

func (p *probe) see(begun time.Time, s Snapshot) {
	p.vitals.Seen(p.v.s.clock(), s)
	p.said = LinkUp
	p.v.reached()
	p.v.post(InstanceSeen{UID: p.uid, At: begun, Snapshot: s})
}

func (p *probe) missed(err error) {
	p.vitals.PingSent(p.v.s.clock())
	loss := LinkUp
	switch {
	case errors.Is(err, errSimGone):
		loss = LinkGone
		p.v.reached()
	case p.vitals.OKAge(p.v.s.clock()) >= p.downAfter:
		loss = LinkSilent
	}
	if loss != LinkUp && loss != p.said {
		p.said = loss
		p.vitals.Found()
		p.v.post(InstanceLost{UID: p.uid, Loss: loss})
	}
}
