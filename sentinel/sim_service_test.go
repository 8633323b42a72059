package sentinel

import (
	"slices"
	"time"
)

// service is one replica of the service: the real Machine with what package monitor
// puts around it (loop.go).
type service struct {
	s       *sim
	name    string
	place   place
	up      bool
	run     int // of its process
	machine *Machine
	shown   *View
	highest uint64 // epoch that was seen
	term    uint64
	acting  *acting // nil while it does not lead
	control *control
	pills   *control
	probes  []*probe
	hearing hearing
	blinded int             // how often it was
	listed  []Pod           // what a live list said last
	linked  map[string]bool // run ids that told it of a link that is up
	timer   uint64

	inbox    []Observation
	draining bool
	// stalled: the process does not run for a while; what comes in the meantime waits.
	stalled bool
	backlog []func()

	podWatch, recordWatch pipe
}

// acting is one term of a leader: its orders end with it.
type acting struct{ over bool }

func (s *sim) addService(n int) {
	v := &service{s: s, name: "service-" + string(rune('a'+n)), place: firstService + place(n)}
	s.services = append(s.services, v)
	v.start()
}

// start begins with a LIST of everything.
func (v *service) start() {
	v.run++
	v.up, v.stalled, v.machine, v.shown, v.highest, v.term = true, false, NewMachine("mymaster"), nil, 0, 0
	if slices.Contains(machineFences, v.s.mutant) {
		v.machine.without = v.s.mutant
	}
	v.control, v.pills, v.acting = newSimControl(v), newSimControl(v), nil
	v.probes, v.inbox, v.backlog, v.hearing, v.listed, v.linked = nil, nil, nil, hearing{}, nil, map[string]bool{}
	v.podWatch = pipe{from: apiServer, to: v.place}
	v.recordWatch = v.podWatch
	v.s.tell("%s starts", v.name)
	run := v.run
	v.s.carryIn(&v.podWatch, 5*time.Millisecond, func() {
		if v.run == run {
			v.highest = max(v.highest, v.s.record.Epoch)
			v.post(RecordSeen{Record: v.s.record})
			v.post(SetSeen{Set: v.s.set()})
		}
	})
}

// crash ends the process; its connections are closed by the kernel.
func (v *service) crash() {
	v.s.tell("%s crashes", v.name)
	v.up = false
	v.run++
	v.rearm(LeaderSeen{})
	for _, p := range v.probes {
		p.stop()
	}
	v.probes = nil
	v.control.reset(0)
	v.pills.reset(0)
}

// resume runs what belongs to this process: now, or when it is no longer stalled.
func (v *service) resume(do func()) {
	run := v.run
	switch {
	case !v.up:
	case v.stalled:
		v.backlog = append(v.backlog, func() {
			if v.run == run {
				do()
			}
		})
	default:
		do()
	}
}

func (v *service) stall(d time.Duration) {
	if v.stalled || !v.up {
		return
	}
	v.s.tell("%s stands still", v.name)
	v.stalled = true
	run := v.run
	v.s.after(d, func() {
		if v.run != run {
			return
		}
		v.s.tell("%s goes on", v.name)
		v.stalled = false
		backlog := v.backlog
		v.backlog = nil
		for _, do := range backlog {
			do()
		}
	})
}

// post gives an observation to the machine.
func (v *service) post(o Observation) {
	v.resume(func() {
		v.inbox = append(v.inbox, o)
		v.drain()
	})
}

func (v *service) drain() {
	if v.draining {
		return
	}
	v.draining = true
	for len(v.inbox) > 0 && v.up {
		o := v.inbox[0]
		v.inbox = v.inbox[1:]
		v.step(o)
	}
	v.draining = false
	if v.up {
		v.follow()
		v.openAhead()
		v.sleep()
	}
}

func (v *service) step(o Observation) {
	switch o := o.(type) {
	case LeaderSeen:
		v.rearm(o)
	case RecordSeen:
		v.highest = max(v.highest, o.Record.Epoch)
	case InstanceSeen:
		v.noteLinked(&o.Snapshot)
	case Done:
		v.noteLinked(o.Snapshot)
	}
	knew := v.machine.rec.TooNew() != nil
	orders := v.machine.Step(v.s.clock(), o)
	v.s.checkLeftAlone(v, knew, orders)
	v.machine.leaveOut(v.s.mutant)
	if view := v.machine.View(); view != v.shown {
		v.s.checkView(v, view)
		v.shown = view
	}
	for _, order := range orders {
		v.carryOut(order)
	}
}

func (v *service) noteLinked(s *Snapshot) {
	if s != nil && s.LinkUp {
		v.linked[s.RunID] = true
	}
}

func (v *service) sleep() {
	wake := v.machine.Wake()
	if wake.IsZero() {
		return
	}
	v.timer++
	timer, run := v.timer, v.run
	v.s.at(wake.Sub(simEpoch), func() {
		v.resume(func() {
			if v.timer == timer && v.run == run {
				v.post(Tick{})
			}
		})
	})
}

// rearm ends the orders of the term before and begins a new one.
func (v *service) rearm(seen LeaderSeen) {
	if v.acting != nil {
		v.acting.over = true
		v.acting = nil
	}
	v.control.reset(seen.Term)
	v.pills.reset(seen.Term)
	v.term = seen.Term
	if seen.Leading {
		v.acting = &acting{}
	}
}

// follow keeps one probe per process that the machine wants to watch.
func (v *service) follow() {
	targets := v.machine.Targets()
	kept := v.probes[:0]
	for _, p := range v.probes {
		wanted := false
		for _, t := range targets {
			if wanted = t.UID == p.uid && t.Addr == p.addr && t.Vitals == p.vitals; wanted {
				p.hurry, p.downAfter = t.Hurry, t.DownAfter
				break
			}
		}
		if wanted {
			kept = append(kept, p)
			continue
		}
		p.stop()
		v.control.drop(p.uid)
		v.pills.drop(p.uid)
	}
	v.probes = kept
	for _, t := range targets {
		found := false
		for _, p := range v.probes {
			found = found || p.uid == t.UID
		}
		if !found {
			if len(v.probes) == 0 {
				v.hearing.since = v.s.now
			}
			v.probes = append(v.probes, newSimProbe(v, t))
		}
	}
}

// openAhead makes the leader's connections before they are needed.
func (v *service) openAhead() {
	if v.acting == nil {
		return
	}
	for _, t := range v.machine.Targets() {
		p, answers := v.machine.Answering(t.UID)
		if !answers {
			continue
		}
		v.control.ahead(p)
		if t.Master {
			v.pills.ahead(p)
		}
	}
}

// lead makes a service the leader with the next term; the one before hears of it late.
func (s *sim) lead(n int, late time.Duration) {
	s.term++
	term, old := s.term, s.leader
	s.leader, s.marked, s.ledAt = n, false, s.now
	s.tell("service-%c leads with term %d", rune('a'+n), term)
	v := s.services[n]
	run := v.run
	s.after(s.between(0, 20*time.Millisecond), func() {
		if v.run == run && s.term == term {
			v.post(LeaderSeen{Leading: true, Term: term})
		}
	})
	if old < 0 || old == n {
		return
	}
	w := s.services[old]
	run2 := w.run
	s.after(late, func() {
		if w.run == run2 && s.services[s.leader] != w {
			s.tell("%s learns that it does not lead", w.name)
			w.post(LeaderSeen{})
		}
	})
}
