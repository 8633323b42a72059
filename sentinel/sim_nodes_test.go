package sentinel

import (
	"slices"
	"time"
)

// What Kubernetes does besides running processes: readiness probes, the node controller,
// rolling updates.

// nodes is what is known of nodes and revisions.
type nodes struct {
	rolling bool
	// masters is how often the master changed, masterSince when it did last.
	masters     int
	masterSince time.Duration
	leftAt      time.Duration // when a master left a silent node last; zero for never
	calmAt      time.Duration // the same, unless a leader may not have heard of it
}

const probeEvery = time.Second

// probeReadiness is the kubelet's probe. While nothing is heard of the kubelet, nothing
// changes.
func (s *sim) probeReadiness(p *simPod) {
	if p.gone {
		return
	}
	s.after(probeEvery, func() { s.probeReadiness(p) })
	if ready := p.alive(); !p.NodeSilent && !p.down && ready != p.Ready {
		s.setReady(p, ready)
	}
}

func (s *sim) setReady(p *simPod, ready bool) {
	p.Ready, p.readySince = ready, s.now
	s.podsChanged()
}

// silence ends the kubelet of a pod: the node controller takes the pod's readiness. A
// master is to leave such a place soon.
func (s *sim) silence(p *simPod) {
	if p == nil || p.gone || p.down || p.NodeSilent || !p.Ready {
		return
	}
	s.tell("nothing is heard of the node of %s", p.Name)
	p.NodeSilent = true
	s.setReady(p, false)
	s.after(s.between(2*time.Second, 40*time.Second), func() { s.hear(p) })
	began := s.now
	s.after(s.leaveWithin(), func() { s.checkLeft(p, began) })
}

func (s *sim) hear(p *simPod) {
	if !p.NodeSilent {
		return
	}
	s.tell("the node of %s is heard of", p.Name)
	p.NodeSilent = false
	s.setReady(p, p.alive())
}

// leaveWithin is 5 s, and what a watch may be late.
func (s *sim) leaveWithin() time.Duration {
	if s.watchLag > 0 {
		return 9 * time.Second
	}
	return 5 * time.Second
}

// checkLeft: the master is not on the node any more that fell silent then, if there was a
// ready pod all the time, and no master left a silent node within the minute before.
func (s *sim) checkLeft(p *simPod, began time.Duration) {
	readyElsewhere := slices.ContainsFunc(s.pods, func(q *simPod) bool { return q.Ready && q.alive() && q.readySince < began })
	still := p.NodeSilent && p.readySince == began && p.alive() && s.record.Phase == Stable && s.record.Master.UID == p.UID
	left := s.leftAt > 0 && s.leftAt > began-silentAgain
	if s.profile.calm && readyElsewhere && still && !left && s.masterSince < began {
		s.violate("liveness", "%s is master for %s while nothing is heard of its node, and a ready one is elsewhere", p.Name, s.now-began)
	}
}

// checkCalm: masters leave silent nodes once a minute at most.
func (s *sim) checkCalm(before, next Record) {
	if next.Phase == Stable && !next.Master.Same(before.Master) {
		s.masters++
		s.masterSince = s.now
	}
	if next.Phase != Switching || before.Phase == Switching {
		return
	}
	if next.Reason != reasonSilent {
		s.calmAt = 0 // a leader that comes now may not have heard of the one before
		return
	}
	s.count("silent node left")
	if s.profile.calm && s.calmAt > 0 && s.now-s.calmAt < silentAgain-time.Second {
		s.violate("calm", "a master leaves a silent node %s after the last one did", s.now-s.calmAt)
	}
	s.leftAt, s.calmAt = s.now, s.now
}

// checkReason: a place that a master leaves was no good one by the list that was read for it.
// A watch may be late, and a switch for what is over stops writes for nothing.
func (s *sim) checkReason(v *service, before, next Record) {
	if next.Phase != Switching || before.Phase == Switching {
		return
	}
	at := slices.IndexFunc(v.listed, func(p Pod) bool { return p.UID == next.Master.UID })
	if at < 0 || next.Decision == nil {
		return
	}
	here := v.listed[at]
	over := next.Decision.Reason == reasonSilent && !here.NodeSilent ||
		next.Decision.Reason == reasonCordoned && !here.Cordoned
	if over {
		s.violate("no needless switch", "%s leaves its node (%s), and the list that was read for that says otherwise", here.Name, next.Decision.Reason)
	}
}

// rollOut is the StatefulSet controller with another revision: pods go from the highest
// ordinal down, each when the one before is ready again.
func (s *sim) rollOut() {
	m := s.recordMaster()
	if s.rolling || m == nil || len(s.pods) < s.size || slices.ContainsFunc(s.pods, func(p *simPod) bool { return !p.Ready }) {
		return
	}
	s.tell("a rollout begins")
	s.rolling = true
	for _, p := range s.pods {
		p.Outdated = true
	}
	s.podsChanged()
	most := s.masters + 1
	if m.pod.Ordinal == s.size-1 {
		most++ // it goes first, and nobody is new then
	}
	s.replace(s.size-1, most)
}

func (s *sim) replace(ordinal, most int) {
	if ordinal < 0 {
		s.rolling = false
		s.tell("the rollout is over")
		s.count("rollout")
		if s.profile.rolls && s.masters > most {
			s.violate("one switch", "a rollout took %d masters more than it has to", s.masters-most)
		}
		return
	}
	for _, p := range s.pods {
		if p.Ordinal == ordinal && p.Outdated {
			s.deletePod(p)
		}
	}
	s.awaitReplaced(ordinal, most)
}

func (s *sim) awaitReplaced(ordinal, most int) {
	s.after(100*time.Millisecond, func() {
		done := ordinal >= s.size || slices.ContainsFunc(s.pods, func(p *simPod) bool { return p.Ordinal == ordinal && !p.Outdated && p.Ready })
		if done {
			s.replace(ordinal-1, most)
			return
		}
		s.awaitReplaced(ordinal, most)
	})
}
