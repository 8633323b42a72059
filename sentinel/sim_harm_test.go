package sentinel

import "time"

// What each fault does.

func (s *sim) anyService() *service { return s.services[s.rng.IntN(len(s.services))] }
func (s *sim) anyWriter() place     { return s.writers[s.rng.IntN(len(s.writers))].place }

// anyPod is one of the pods, the master's with this chance; nil while there are none.
func (s *sim) anyPod(masters float64) *simPod {
	if m := s.recordMaster(); m != nil && s.chance(masters) {
		return m.pod
	}
	if len(s.pods) == 0 {
		return nil
	}
	return s.pods[s.rng.IntN(len(s.pods))]
}

func (s *sim) anyServer() *server {
	if p := s.anyPod(0); p != nil {
		return p.server
	}
	return nil
}

func (s *sim) recordMaster() *server { return s.process(s.record.Master) }
func (s *sim) recordTarget() *server { return s.process(s.record.Target) }

func placeOf(r *server) place {
	if r == nil {
		return apiServer
	}
	return r.place
}

func (s *sim) crash(r *server) {
	if r != nil {
		r.die()
	}
}

// evict deletes a pod as the eviction API does: one at a time, while all are ready.
func (s *sim) evict(announced bool) {
	p := s.anyPod(0.5)
	if p == nil {
		return
	}
	for _, q := range s.pods {
		if s.profile.lossless && !q.alive() || len(s.pods) < s.size {
			return
		}
	}
	if p.gone || p.Terminating {
		return
	}
	if !announced {
		s.deletePod(p)
		return
	}
	s.tell("%s is to be evicted", p.Name)
	p.Disrupted = true
	s.podsChanged()
	s.after(s.between(0, time.Second), func() { s.deletePod(p) })
}

// cordon cordons the master's node, or one that is cordoned not any more.
func (s *sim) cordon() {
	p := s.anyPod(0.7)
	if p == nil {
		return
	}
	p.Cordoned = !p.Cordoned
	s.tell("the node of %s: cordoned %t", p.Name, p.Cordoned)
	s.podsChanged()
}

// otherHand is REPLICAOF 127.0.0.1 1 from somebody else.
func (s *sim) otherHand(r *server) {
	if r != nil {
		s.tell("somebody makes %s a replica", r.pod.Name)
		r.turn(func() { r.replicaOf(Nowhere) })
	}
}

// takeFenceOff is CONFIG SET min-replicas-to-write 0 from somebody else. Where masters
// fall silent it breaks a promise, which nobody can help; so it is tried where none does.
func (s *sim) takeFenceOff(r *server) {
	if r != nil {
		s.tell("somebody takes the write fence of %s off", r.pod.Name)
		r.turn(func() { r.fence = 0 })
	}
}

func (s *sim) changeLeader() {
	n := s.rng.IntN(len(s.services))
	if n == s.leader || !s.services[n].up {
		return
	}
	s.lead(n, s.rarely(0.6, 5*time.Millisecond, 12*time.Second))
}

func (s *sim) crashService(v *service) {
	if !v.up {
		return
	}
	v.crash()
	down := s.rarely(0.5, 200*time.Millisecond, 4*time.Second)
	s.after(down, v.start)
	if s.services[s.leader] != v {
		return
	}
	s.after(s.between(10*time.Millisecond, 6*time.Second), func() {
		if s.services[s.leader] == v {
			s.electAny()
		}
	})
}

// electAny makes a service that runs the leader, and tries again if none does.
func (s *sim) electAny() {
	first := s.rng.IntN(len(s.services))
	for i := range s.services {
		n := (first + i) % len(s.services)
		if s.services[n].up {
			s.lead(n, 0)
			return
		}
	}
	s.after(100*time.Millisecond, s.electAny)
}

// standStill holds one replica of the service up, mostly the leader, and mostly
// another one leads meanwhile.
func (s *sim) standStill() {
	v := s.services[s.leader]
	d := s.rarely(0.6, 100*time.Millisecond, 8*time.Second)
	v.stall(d)
	if s.chance(0.8) {
		s.after(s.between(0, d), s.changeLeader)
	}
}

// overtake holds the leader up while another one leads and more happens.
func (s *sim) overtake() {
	d := s.between(time.Second, 9*time.Second)
	s.services[s.leader].stall(d)
	s.after(s.rarely(0.3, 50*time.Millisecond, time.Second), s.changeLeader)
	for range s.rng.IntN(4) {
		f := s.draw()
		s.after(s.between(0, d), func() { s.strike(f) })
	}
}

// starve cuts the master off from the other members alone, until its lags show.
func (s *sim) starve() {
	m := s.recordMaster()
	if m == nil {
		return
	}
	s.tell("%s is cut off from the other members", m.pod.Name)
	d := s.between(10*time.Second, 20*time.Second)
	for n := range firstService {
		s.setCut(m.place, n, true)
		s.after(d, func() { s.setCut(m.place, n, false) })
	}
}

// hide isolates the master with one client and takes the leader away.
func (s *sim) hide() {
	s.island(s.recordMaster(), []place{s.anyWriter()})
	if v := s.services[s.leader]; s.chance(0.5) {
		s.crashService(v)
	} else {
		v.stall(s.between(time.Second, 9*time.Second))
		s.changeLeader()
	}
}

// split takes some processes away from each replica of the service.
func (s *sim) split() {
	d := s.between(time.Second, 10*time.Second)
	for _, v := range s.services {
		for _, p := range s.pods {
			if s.chance(0.4) {
				s.tell("%s does not reach %s for %s", v.name, p.Name, d)
				s.setCut(v.place, p.place, true)
				s.after(d, func() { s.setCut(v.place, p.place, false) })
			}
		}
	}
}

func (s *sim) loseAPI() {
	s.tell("the API server is away")
	s.outage = outage(s.rng.IntN(3))
	s.isolate(apiServer, true)
	s.after(s.rarely(0.6, 300*time.Millisecond, 12*time.Second), func() { s.isolate(apiServer, false) })
}

func (s *sim) stop(r *server) {
	if r == nil || !r.up || r.frozen {
		return
	}
	r.freeze()
	s.after(s.rarely(0.7, time.Second, 12*time.Second), r.wake)
}

// island cuts a process off from all but some.
func (s *sim) island(r *server, but []place) {
	if r == nil {
		return
	}
	s.tell("%s is cut off, but for %v", r.pod.Name, but)
	s.isolate(r.place, true, but...)
	s.after(s.rarely(0.7, time.Second, 12*time.Second), func() {
		s.tell("%s is reached again", r.pod.Name)
		s.isolate(r.place, false)
	})
}

// cutSome cuts one way between two that have to do with each other.
func (s *sim) cutSome() {
	end := func() place {
		switch n := s.rng.IntN(10); {
		case n < 5:
			if p := s.anyPod(0); p != nil {
				return p.place
			}
			return apiServer
		case n < 8:
			return s.anyService().place
		case n < 9:
			return apiServer
		}
		return s.anyWriter()
	}
	s.cutFor(end(), end())
}

func (s *sim) cutFor(a, b place) {
	s.tell("cut between %d and %d", a, b)
	s.outage = outage(s.rng.IntN(3))
	s.setCut(a, b, true)
	s.after(s.rarely(0.7, time.Second, 12*time.Second), func() {
		s.tell("healed between %d and %d", a, b)
		s.setCut(a, b, false)
	})
}

func (s *sim) power() {
	p := s.anyPod(0.5)
	if p == nil {
		return
	}
	s.loseNode(p, s.between(time.Second, 15*time.Second))
}

// changeMaxLag is a person who changes min-replicas-max-lag. He makes it shorter just as the
// master is cut off, so that it keeps the longer one.
func (s *sim) changeMaxLag() {
	const short, long = 2 * time.Second, 10 * time.Second
	if s.config.MaxLag == long {
		s.config.MaxLag = short
		s.island(s.recordMaster(), []place{s.anyWriter()})
	} else {
		s.config.MaxLag = long
	}
	s.tell("min-replicas-max-lag is to be %s", s.config.MaxLag)
	s.podsChanged()
}

// heal ends all that is wrong.
func (s *sim) heal() {
	s.tell("everything is healed")
	s.healed = true
	s.acceptLoss()
	for a := range place(places) {
		s.isolate(a, false)
	}
	s.rejects = [places][places]bool{}
	for _, p := range s.pods {
		s.hear(p)
		if p.server != nil && !p.server.forGood {
			p.server.wake()
		}
	}
	if v := s.services[s.leader]; !v.up || v.term != s.term {
		s.after(s.between(0, 5*time.Second), func() {
			if v := s.services[s.leader]; !v.up || v.term != s.term {
				s.electAny()
			}
		})
	}
}
