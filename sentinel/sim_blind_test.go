package sentinel

import "time"

// A leader that reaches no Redis, and what package k8s makes of that: it says so with each
// renewal of its Lease, and another one that looks at the Lease and does see takes it.

const (
	simRenews    = time.Second
	simLooksMost = 2200 * time.Millisecond
)

// hearing is when a service heard of any Redis last, as package monitor has it.
type hearing struct {
	heard time.Duration
	any   bool
	since time.Duration // from when on silence counts
}

func (v *service) reached() { v.hearing = hearing{heard: v.s.now, any: true, since: v.s.now} }

// sight is Monitor.Sight.
func (v *service) sight() Sight {
	switch {
	case len(v.probes) == 0:
		return SightUnclear
	case v.s.now-v.hearing.since >= v.s.config.DownAfter:
		return SightNone
	case v.hearing.any && v.s.now-v.hearing.heard < v.s.config.DownAfter/2:
		return SightSome
	}
	return SightUnclear
}

// watchLease lets the leader write what it sees, and the others read that.
func (s *sim) watchLease() {
	if s.mutant == "blind leader" {
		return
	}
	s.after(simRenews, s.renew)
	for n := range s.services {
		s.after(s.between(simRenews, simLooksMost), func() { s.lookAtLease(n) })
	}
}

func (s *sim) renew() {
	s.after(simRenews, s.renew)
	if v := s.services[s.leader]; v.elects() {
		s.marked = v.sight() == SightNone
	}
}

func (s *sim) lookAtLease(n int) {
	s.after(s.between(simRenews, simLooksMost), func() { s.lookAtLease(n) })
	if v := s.services[n]; n != s.leader && s.marked && v.elects() && v.sight() == SightSome {
		s.count("blind leader relieved")
		s.tell("%s relieves %s, which reaches no Redis", v.name, s.services[s.leader].name)
		s.lead(n, s.between(0, simRenews))
	}
}

// elects: it takes part in the election now.
func (v *service) elects() bool { return v.up && !v.stalled && !v.s.cut[v.place][apiServer] }

// blindLeader cuts the leader off from all Redis, and from nobody else.
func (s *sim) blindLeader() {
	v := s.services[s.leader]
	s.blindFor(v, s.rarely(0.5, 2*time.Second, 20*time.Second))
	if s.chance(0.5) {
		s.after(s.between(0, 4*time.Second), func() { s.crash(s.recordMaster()) })
	}
}

// blindAll cuts all of the service off from all Redis.
func (s *sim) blindAll() {
	d := s.between(time.Second, 15*time.Second)
	for _, v := range s.services {
		s.blindFor(v, d)
	}
}

// blindFor cuts a service off for a while, or until it is cut off once more.
func (s *sim) blindFor(v *service, d time.Duration) {
	s.setBlind(v, true)
	nth := v.blinded
	s.after(d, func() {
		if v.blinded == nth {
			s.setBlind(v, false)
		}
	})
}

func (s *sim) setBlind(v *service, blind bool) {
	s.tell("%s is cut off from all Redis: %t", v.name, blind)
	if blind {
		v.blinded++
	}
	for n := range firstService {
		s.setCut(v.place, firstNode+n, blind)
	}
}

// seesWithin is how long a leader may be blind while others see: its down-after and a PING,
// its renewal, another one's look at it, and a failover with all that travels late.
const seesWithin = 30 * time.Second

// lastBlind blinds the leader once more while all else is well, and the master crashes; then
// all replicas of the service. There is a master soon, and nothing changes hands twice.
func (s *sim) lastBlind() {
	s.run(s.now+liveWithin, func() bool { return s.well() == "" && s.services[s.leader].term == s.term })
	if s.broken != nil || s.well() != "" {
		return // the check after healing tells it
	}
	m := s.recordMaster()
	s.setBlind(s.services[s.leader], true)
	s.after(s.between(0, 3*time.Second), func() { s.crash(m) })
	live := func() bool { return !m.up && s.takesWrites() == "" && s.recordMaster() != m }
	s.run(s.now+seesWithin, live)
	if s.broken == nil && !live() {
		s.violate("liveness", "%s after the leader was cut off from all Redis and the master crashed: phase %s, master %s",
			seesWithin, s.record.Phase, s.record.Master.Pod)
		return
	}
	s.run(s.now+10*time.Second, nil)
	for _, v := range s.services {
		s.setBlind(v, true)
	}
	term, began := s.term, s.now
	s.run(began+time.Minute, nil)
	if s.broken == nil && s.term != term {
		s.violate("few writes", "term %d after a minute in which all were blind, %d before", s.term, term)
	}
	if n := s.worstMinute(began); s.broken == nil && n > writesMost {
		s.violate("few writes", "%d within a minute in which all were blind", n)
	}
	for _, v := range s.services {
		s.setBlind(v, false)
	}
}
