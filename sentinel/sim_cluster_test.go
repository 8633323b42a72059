package sentinel

import (
	"fmt"
	"slices"
	"time"
)

// The cluster: pods with their kubelet and their StatefulSet.

type cluster struct {
	size        int
	pods        []*simPod // of the StatefulSet, by ordinal; also terminating ones
	gonePods    []*simPod
	servers     []*server // all that ever were
	healthyOnce bool
	reuse       float64       // how often a successor gets the old address
	restart     time.Duration // longest time until a dead container runs again
}

type simPod struct {
	Pod
	place   place
	server  *server
	closing bool // the kernel is closing the dead process's sockets
	down    bool // its node does not run it
	gone    bool
	givenUp bool // its node is lost, and it has no address any more
	refuses bool // an address without a pod refuses, or is silent
	// readySince is when its readiness changed last.
	readySince time.Duration
	backOff    bool          // its container crashed before, so that it rests after the next crash
	rest       time.Duration // of its container after the next crash, where that is decided already
	disk       *disk         // what was saved there; nil for nothing
}

// addPod makes a pod.
func (s *sim) addPod(ordinal int, addr Addr) *simPod {
	name := fmt.Sprintf("redis-%d", ordinal)
	p := &simPod{
		Pod:   Pod{Name: name, UID: s.name(name + "-uid"), Ordinal: ordinal, Node: fmt.Sprintf("node-%d", ordinal)},
		place: firstNode + place(ordinal),
	}
	s.pods = append(s.pods, p)
	if s.noRoom[ordinal] {
		p.Node = ""
		s.waiting = append(s.waiting, p)
	} else {
		s.start(p, addr)
	}
	s.podsChanged()
	return p
}

// start runs the pod's Redis, once it has an address. A pod that is deleted before that starts
// no process any more.
func (s *sim) start(p *simPod, addr Addr) {
	s.after(s.between(20*time.Millisecond, time.Second), func() {
		if p.Terminating || p.gone {
			return
		}
		p.Addr = addr
		if addr.IsZero() {
			s.names++
			p.Addr = Addr{Host: fmt.Sprintf("10.0.%d.%d", s.names/200, s.names%200), Port: 6379}
		}
		p.ContainerID = s.name("c")
		s.podsChanged()
		s.boot(p)
		s.probeReadiness(p)
	})
}

// restartLater is the kubelet: the container runs again, in the same pod, with what lies on
// its disk.
func (s *sim) restartLater(p *simPod) {
	if p.gone || p.Terminating || p.down {
		return
	}
	rest := s.between(10*time.Millisecond, s.restart)
	switch {
	case p.rest > 0:
		rest, p.rest = p.rest, 0
	case p.backOff:
		rest = backOff
	}
	s.after(rest, func() {
		if p.gone || p.Terminating || p.down || p.server.up {
			return
		}
		s.boot(p)
		s.after(s.rarely(0.3, 100*time.Millisecond, 2*time.Second), func() {
			p.ContainerID = s.name("c")
			s.podsChanged()
		})
	})
}

// backOff is CrashLoopBackOff after a second crash.
const backOff = 10 * time.Second

// gracePeriod is terminationGracePeriodSeconds, shortened.
const gracePeriod = 10 * time.Second

// deletePod is a graceful deletion: the preStop hook holds the process while it is
// master, the StatefulSet makes a successor once the pod is gone.
func (s *sim) deletePod(p *simPod) {
	if p.Terminating || p.gone {
		return
	}
	s.tell("%s is deleted", p.Name)
	p.Terminating = true
	s.podsChanged()
	s.preStop(p, s.now+gracePeriod)
}

func (s *sim) preStop(p *simPod, until time.Duration) {
	r := p.server
	if r != nil && r.up && (r.frozen || r.role == RoleMaster) && s.now < until {
		s.after(100*time.Millisecond, func() { s.preStop(p, until) })
		return
	}
	if r != nil && r.up {
		if r.role == RoleMaster {
			s.count("fault: grace period over")
			r.cutShort = s.cut[s.services[s.leader].place][apiServer]
		}
		r.die()
	}
	s.after(s.between(5*time.Millisecond, 500*time.Millisecond), func() { s.removePod(p) })
}

func (s *sim) removePod(p *simPod) {
	p.gone = true
	p.refuses = s.chance(0.5)
	for i, q := range s.pods {
		if q == p {
			s.pods = append(s.pods[:i], s.pods[i+1:]...)
			break
		}
	}
	s.gonePods = append(s.gonePods, p)
	s.podsChanged()
	if p.Ordinal >= s.size {
		return
	}
	addr := Addr{}
	if s.chance(s.reuse) {
		addr = p.Addr
	}
	s.after(s.between(time.Millisecond, time.Second), func() { s.fill(p.Ordinal, addr) })
}

// fill makes a pod of this ordinal if there is none.
func (s *sim) fill(ordinal int, addr Addr) {
	for _, p := range s.pods {
		if p.Ordinal == ordinal {
			return
		}
	}
	if ordinal < s.size {
		s.addPod(ordinal, addr)
	}
}

// scale changes spec.replicas.
func (s *sim) scale(size int) {
	s.tell("the set is scaled from %d to %d", s.size, size)
	s.size = size
	s.podsChanged()
	for ordinal := range size {
		s.fill(ordinal, Addr{})
	}
	for _, p := range append([]*simPod{}, s.pods...) {
		if p.Ordinal >= size {
			s.after(s.between(0, time.Second), func() {
				if p.Ordinal >= s.size {
					s.deletePod(p)
				}
			})
		}
	}
}

// loseNode is a power failure: no FIN, no answer, until the node is back.
func (s *sim) loseNode(p *simPod, back time.Duration) {
	if p.server == nil || !p.server.up || p.down {
		return
	}
	s.tell("the node of %s loses its power", p.Name)
	p.down = true
	r := p.server
	r.up, r.inbox = false, nil
	s.isolate(p.place, true)
	s.after(back, func() {
		p.down = false
		s.tell("the node of %s is back", p.Name)
		s.isolate(p.place, false)
		for _, c := range r.conns { // a segment for an unknown connection is answered by RST
			c.end()
		}
		for _, l := range r.replicas {
			l.finDown()
		}
		if r.link != nil {
			r.link.finUp()
		}
		s.restartLater(p)
	})
}

// listening is the process that answers at an address.
func (s *sim) listening(a Addr) *server {
	for _, p := range s.pods {
		if p.Addr == a && p.server != nil && p.server.up {
			return p.server
		}
	}
	return nil
}

// podAt is the pod that has an address, the latest one of those that had it.
func (s *sim) podAt(a Addr) *simPod {
	for _, list := range [][]*simPod{s.pods, s.gonePods} {
		for _, p := range slices.Backward(list) {
			if p.Addr == a {
				return p
			}
		}
	}
	return nil
}

// alive tells whether a pod is up and follows, as a readiness probe does.
func (p *simPod) alive() bool {
	r := p.server
	return !p.gone && !p.Terminating && !p.Disrupted && r != nil && r.up && !r.frozen &&
		(r.role == RoleMaster || r.link != nil && r.link.established)
}
