package sentinel

import "time"

// A master whose node is no good place for it: the node is cordoned, or nothing is heard
// of its kubelet. It lives and answers, so it hands over as long as it can, once somebody is
// known whose place is better. Better is what leaves no way back: between places that do
// not change, a set hands over no more often than it has pods.

// reasonCordoned and reasonSilent are why a master leaves its place.
const (
	reasonCordoned = "the master's node is cordoned"
	reasonSilent   = "nothing is heard of the master's node, so that its pod is not ready"
)

// A node counts as silent when it has been told so for silentFor: many may be told of one
// after the other. And another such handover has to wait for silentAgain: a kubelet is
// given up after 40 to 50 s, so that whoever was cut off with the first is known by then.
const (
	silentFor   = time.Second
	silentAgain = time.Minute
)

// leave hands the master over to a better place.
func (m *Machine) leave() bool {
	if !m.handsOver() || m.now.Before(m.switchAt) {
		return false
	}
	if !m.mayLeave() {
		return false
	}
	_, chosen := m.choose(m.successor(nil))
	reason := m.better(chosen)
	if reason == "" || reason == reasonSilent && m.now.Before(m.silentUntil()) {
		return false
	}
	return m.beginSwitchWhile(reason, func(m *Machine, chosen *instance) bool { return m.better(chosen) != "" })
}

// mayLeave: the master's pod is about to go, or its node is no good place.
func (m *Machine) mayLeave() bool {
	i := m.master()
	return i != nil && (m.doomed(i) || i.pod.Cordoned || i.pod.NodeSilent)
}

// better is why the chosen one's place is better than the master's, "" if it is not. What
// a kubelet says of a living Redis, such as a failed readiness probe, is no reason.
func (m *Machine) better(chosen *instance) string {
	i := m.master()
	if chosen == nil || i == nil {
		return ""
	}
	here, there := i.pod, chosen.pod
	switch {
	case here.NodeSilent && !there.NodeSilent && there.Ready:
		return reasonSilent
	case here.NodeSilent == there.NodeSilent && here.Cordoned && !there.Cordoned:
		return reasonCordoned
	}
	return ""
}

// stays tells whether the reason to hand over, seen live, is none any more, and then leaves
// the master where it is. The watch that said otherwise catches up meanwhile: it may be seconds
// behind a live list, and lack a pod that was in one.
func (m *Machine) stays(chosen *instance) bool {
	if m.op.while == nil || m.op.while(m, chosen) || m.without == "live pods" {
		return false
	}
	m.drop(0) // back to the watch, to which the pod may be new as one that goes
	m.switchAt = m.now.Add(retryEvery)
	return true
}

// silentUntil is when the silence of the master's node may be acted upon.
func (m *Machine) silentUntil() time.Time {
	until := m.master().silentSince.Add(silentFor)
	if again := m.silenceLeft.Add(silentAgain); !m.silenceLeft.IsZero() && again.After(until) {
		return again
	}
	return until
}

// noteSilence notes since when nothing is heard of the node.
func (i *instance) noteSilence(p Pod, now time.Time) {
	if p.NodeSilent && !i.pod.NodeSilent {
		i.silentSince = now
	}
}

// noteLeft notes when a master was handed over because of a silent node, whoever did it. A
// replica of the service that has just started takes the last such handover for a young one.
func (m *Machine) noteLeft(r Record) {
	if r.Epoch != m.rec.Epoch && r.Decision != nil && r.Decision.Reason == reasonSilent {
		m.silenceLeft = m.now
	}
}
