package sentinel

import "slices"

// Pods for which there is no place, and pods that were given up with theirs: the one has
// never had a process, the other may have one that nobody can ask for.

// unplaced is what is known of them.
type unplaced struct {
	noRoom  map[int]bool // ordinals for which there is no node, until all is allowed
	waiting []*simPod
}

// takePlace loses a replica's node for good: no other one takes its successor. Another
// replica stays, which can be master.
func (s *sim) takePlace() {
	m, p := s.recordMaster(), s.anyPod(0)
	if m == nil || s.record.Phase != Stable || p == nil || p.server == m || !p.alive() {
		return
	}
	if !slices.ContainsFunc(s.pods, func(q *simPod) bool { return q != p && q.server != m && q.alive() }) {
		return
	}
	s.tell("the node of %s is lost for good, and no other one takes a pod", p.Name)
	if s.noRoom == nil {
		s.noRoom = map[int]bool{}
	}
	s.noRoom[p.Ordinal] = true
	p.server.die()
	s.removePod(p)
	p.refuses = true // its end is known
}

// giveUp freezes the master until the end, takes the address from its pod, as for one whose
// node is lost, and ends all who knew it.
func (s *sim) giveUp() {
	m := s.recordMaster()
	if m == nil || m.forGood {
		return
	}
	if s.stopForGood(); !m.forGood {
		return
	}
	s.after(s.between(0, 3*simPing), func() {
		if s.allowed {
			return
		}
		s.tell("%s is given up", m.pod.Name)
		m.pod.givenUp = true
		s.podsChanged()
		for _, v := range s.services {
			s.crashService(v)
		}
	})
}

// placeAll ends both.
func (s *sim) placeAll() {
	for _, p := range s.pods {
		p.givenUp = false
	}
	for _, p := range s.waiting {
		p.Node = "node-new"
		s.start(p, Addr{})
	}
	s.noRoom, s.waiting = nil, nil
	s.podsChanged()
}
