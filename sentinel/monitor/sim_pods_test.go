package monitor_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The cluster: pods with their kubelet and their StatefulSet.

type redisSet struct {
	size        int
	pods        []*simPod // of the StatefulSet, by ordinal; also terminating ones
	gonePods    []*simPod
	processes   []*process // all that ever were
	healthyOnce bool
	reuse       float64       // how often a successor gets the old address
	restart     time.Duration // longest time until a dead container runs again
}

type simPod struct {
	sentinel.Pod
	place   place
	process *process
	closing bool // the kernel is closing the dead process's sockets
	down    bool // its node does not run it
	gone    bool
	refuses bool // an address without a pod refuses, or is silent
	// readySince is when its readiness changed last.
	readySince time.Duration
	backOff    bool          // its container crashed before, so that it rests after the next crash
	rest       time.Duration // of its container after the next crash, where that is decided already
	disk       *disk         // what was saved there; nil for nothing
}

// set is what Kubernetes tells.
func (w *world) set() sentinel.Set {
	set := sentinel.Set{Master: setName, Owner: "redis", Size: w.size, Config: w.config()}
	for _, p := range w.pods {
		pod := p.Pod
		pod.NodeSilent = pod.NodeSilent && w.mutant != "silent node"
		pod.Outdated = pod.Outdated && w.mutant != "revision"
		set.Pods = append(set.Pods, pod)
	}
	slices.SortStableFunc(set.Pods, func(a, b sentinel.Pod) int { return a.Ordinal - b.Ordinal })
	return set
}

// addPod makes a pod; its Redis starts once it has an address.
func (w *world) addPod(ordinal int, addr sentinel.Addr) {
	name := fmt.Sprintf("redis-%d", ordinal)
	p := &simPod{
		Pod:   sentinel.Pod{Name: name, UID: w.name(name + "-uid"), Ordinal: ordinal, Node: fmt.Sprintf("node-%d", ordinal)},
		place: firstNode + place(ordinal),
	}
	w.pods = append(w.pods, p)
	w.podsChanged()
	w.after(w.dice.between(20*time.Millisecond, time.Second), func() {
		p.Addr = addr
		if addr.IsZero() {
			w.names++
			p.Addr = sentinel.Addr{Host: fmt.Sprintf("10.0.%d.%d", w.names/200, w.names%200), Port: 6379}
		}
		p.ContainerID = w.name("c")
		w.podsChanged()
		w.boot(p)
		w.probeReadiness(p)
	})
}

// restartLater is the kubelet: the container runs again, in the same pod, with what lies on
// its disk.
func (w *world) restartLater(p *simPod) {
	if p.gone || p.Terminating || p.down {
		return
	}
	rest := w.dice.between(10*time.Millisecond, w.restart)
	switch {
	case p.rest > 0:
		rest, p.rest = p.rest, 0
	case p.backOff:
		rest = backOff
	}
	w.after(rest, func() {
		if p.gone || p.Terminating || p.down || p.process.up {
			return
		}
		w.boot(p)
		w.after(w.dice.rarely(0.3, 100*time.Millisecond, 2*time.Second), func() {
			p.ContainerID = w.name("c")
			w.podsChanged()
		})
	})
}

// backOff is CrashLoopBackOff after a second crash.
const backOff = 10 * time.Second

// gracePeriod is terminationGracePeriodSeconds, shortened.
const gracePeriod = 10 * time.Second

// deletePod is a graceful deletion: the preStop hook holds the process while it is
// master, the StatefulSet makes a successor once the pod is gone.
func (w *world) deletePod(p *simPod) {
	if p.Terminating || p.gone {
		return
	}
	w.tell("%s is deleted", p.Name)
	p.Terminating = true
	w.podsChanged()
	w.preStop(p, w.now()+gracePeriod)
}

func (w *world) preStop(p *simPod, until time.Duration) {
	r := p.process
	if r != nil && r.up && (r.frozen || r.role == sentinel.RoleMaster) && w.now() < until {
		w.after(100*time.Millisecond, func() { w.preStop(p, until) })
		return
	}
	if r != nil && r.up {
		if r.role == sentinel.RoleMaster {
			w.count("fault: grace period over")
			r.cutShort = w.cut[w.services[w.leader].place][apiServer]
		}
		r.die()
	}
	w.after(w.dice.between(5*time.Millisecond, 500*time.Millisecond), func() { w.removePod(p) })
}

func (w *world) removePod(p *simPod) {
	p.gone, p.refuses = true, w.dice.chance(0.5)
	w.pods = slices.DeleteFunc(w.pods, func(q *simPod) bool { return q == p })
	w.gonePods = append(w.gonePods, p)
	w.podsChanged()
	addr := sentinel.Addr{}
	if w.dice.chance(w.reuse) {
		addr = p.Addr
	}
	w.after(w.dice.between(time.Millisecond, time.Second), func() { w.fill(p.Ordinal, addr) })
}

// fill makes a pod of this ordinal if there is none.
func (w *world) fill(ordinal int, addr sentinel.Addr) {
	if ordinal < w.size && !slices.ContainsFunc(w.pods, func(p *simPod) bool { return p.Ordinal == ordinal }) {
		w.addPod(ordinal, addr)
	}
}

// scale changes spec.replicas.
func (w *world) scale(size int) {
	w.tell("the set is scaled from %d to %d", w.size, size)
	w.size = size
	w.podsChanged()
	for ordinal := range size {
		w.fill(ordinal, sentinel.Addr{})
	}
	for _, p := range w.pods {
		if p.Ordinal >= size {
			w.after(w.dice.between(0, time.Second), func() {
				if p.Ordinal >= w.size {
					w.deletePod(p)
				}
			})
		}
	}
}

// loseNode is a power failure: no FIN, no answer, until the node is back.
func (w *world) loseNode(p *simPod, back time.Duration) {
	if p.process == nil || !p.process.up || p.down {
		return
	}
	w.tell("the node of %s loses its power", p.Name)
	r := p.process
	p.down, r.up, r.inbox = true, false, nil
	w.isolate(p.place, true)
	w.after(back, func() {
		p.down = false
		w.tell("the node of %s is back", p.Name)
		w.isolate(p.place, false)
		r.reset() // a segment for an unknown connection is answered by RST
		w.restartLater(p)
	})
}

// listening is the process that answers at an address.
func (w *world) listening(a sentinel.Addr) *process {
	for _, p := range w.pods {
		if p.Addr == a && p.process != nil && p.process.up {
			return p.process
		}
	}
	return nil
}

// podAt is the pod that has an address, the latest one of those that had it.
func (w *world) podAt(a sentinel.Addr) *simPod {
	for _, list := range [][]*simPod{w.pods, w.gonePods} {
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
	r := p.process
	return !p.gone && !p.Terminating && !p.Disrupted && r != nil && r.up && !r.frozen &&
		(r.role == sentinel.RoleMaster || r.link != nil && r.link.established)
}
