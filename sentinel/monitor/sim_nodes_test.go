package monitor_test

import (
	"slices"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// What Kubernetes does besides running processes: readiness probes, the node controller,
// rolling updates.

// reasonSilent and silentAgain are those of package sentinel.
const (
	reasonSilent = "nothing is heard of the master's node, so that its pod is not ready"
	silentAgain  = time.Minute
)

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
func (w *world) probeReadiness(p *simPod) {
	if p.gone {
		return
	}
	w.after(probeEvery, func() { w.probeReadiness(p) })
	if ready := p.alive(); !p.NodeSilent && !p.down && ready != p.Ready {
		w.setReady(p, ready)
	}
}

func (w *world) setReady(p *simPod, ready bool) {
	p.Ready, p.readySince = ready, w.now()
	w.podsChanged()
}

// silence ends the kubelet of a pod: the node controller takes the pod's readiness. A
// master is to leave such a place soon.
func (w *world) silence(p *simPod) {
	if p == nil || p.gone || p.down || p.NodeSilent || !p.Ready {
		return
	}
	w.tell("nothing is heard of the node of %s", p.Name)
	p.NodeSilent = true
	w.setReady(p, false)
	w.after(w.dice.between(2*time.Second, 40*time.Second), func() { w.hear(p) })
	began := w.now()
	w.after(w.leaveWithin(), func() { w.checkLeft(p, began) })
}

func (w *world) hear(p *simPod) {
	if !p.NodeSilent {
		return
	}
	w.tell("the node of %s is heard of", p.Name)
	p.NodeSilent = false
	w.setReady(p, p.alive())
}

// leaveWithin is 5 s, and what a watch may be late.
func (w *world) leaveWithin() time.Duration {
	if w.watchLag > 0 {
		return 9 * time.Second
	}
	return 5 * time.Second
}

// checkLeft: the master is not on the node any more that fell silent then, if there was a
// ready pod all the time, and no master left a silent node within the minute before.
func (w *world) checkLeft(p *simPod, began time.Duration) {
	readyElsewhere := slices.ContainsFunc(w.pods, func(q *simPod) bool { return q.Ready && q.alive() && q.readySince < began })
	still := p.NodeSilent && p.readySince == began && p.alive() && w.record.Phase == sentinel.Stable && w.record.Master.UID == p.UID
	left := w.leftAt > 0 && w.leftAt > began-silentAgain
	if w.plan.calm && readyElsewhere && still && !left && w.masterSince < began {
		w.violate("liveness", "%s is master for %s while nothing is heard of its node, and a ready one is elsewhere", p.Name, w.now()-began)
	}
}

// checkCalm: masters leave silent nodes once a minute at most.
func (w *world) checkCalm(before, next sentinel.Record) {
	if next.Phase == sentinel.Stable && !next.Master.Same(before.Master) {
		w.masters++
		w.masterSince = w.now()
	}
	if next.Phase != sentinel.Switching || before.Phase == sentinel.Switching {
		return
	}
	if next.Reason != reasonSilent {
		w.calmAt = 0 // a leader that comes now may not have heard of the one before
		return
	}
	w.count("silent node left")
	if w.plan.calm && w.calmAt > 0 && w.now()-w.calmAt < silentAgain-time.Second {
		w.violate("calm", "a master leaves a silent node %s after the last one did", w.now()-w.calmAt)
	}
	w.leftAt, w.calmAt = w.now(), w.now()
}

// rollOut is the StatefulSet controller with another revision: pods go from the highest
// ordinal down, each when the one before is ready again.
func (w *world) rollOut() {
	m := w.recordMaster()
	if w.rolling || m == nil || len(w.pods) < w.size || slices.ContainsFunc(w.pods, func(p *simPod) bool { return !p.Ready }) {
		return
	}
	w.tell("a rollout begins")
	w.rolling = true
	for _, p := range w.pods {
		p.Outdated = true
	}
	w.podsChanged()
	most := w.masters + 1
	if m.pod.Ordinal == w.size-1 {
		most++ // it goes first, and nobody is new then
	}
	w.replace(w.size-1, most)
}

func (w *world) replace(ordinal, most int) {
	if ordinal < 0 {
		w.rolling = false
		w.tell("the rollout is over")
		w.count("rollout")
		if w.plan.rolls && w.masters > most {
			w.violate("one switch", "a rollout took %d masters more than it has to", w.masters-most)
		}
		return
	}
	for _, p := range w.pods {
		if p.Ordinal == ordinal && p.Outdated {
			w.deletePod(p)
		}
	}
	w.awaitReplaced(ordinal, most)
}

func (w *world) awaitReplaced(ordinal, most int) {
	w.after(100*time.Millisecond, func() {
		done := ordinal >= w.size || slices.ContainsFunc(w.pods, func(p *simPod) bool { return p.Ordinal == ordinal && !p.Outdated && p.Ready })
		if done {
			w.replace(ordinal-1, most)
			return
		}
		w.awaitReplaced(ordinal, most)
	})
}
