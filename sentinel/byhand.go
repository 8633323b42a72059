package sentinel

import (
	"fmt"
	"slices"
	"time"
)

// A silent master that nothing is known to have stopped stays master: a second one beside it
// would be worse than none, and nobody can tell from here. A person may know more, that its
// machine is switched off, say, or want a master whatever is lost. Such a decision names one
// pod by its UID, which no successor has, and the time until which it holds, so that none is
// found again after months. It is about one incident: once that pod was master it is used up,
// whatever comes within that time.

// ByHand is a person's decision that a pod is to be master.
type ByHand struct {
	UID string `json:"uid"`
	// Until is by the clock of the replica of the service that reads it.
	Until time.Time `json:"until"`
}

// same: it was not given anew. A record has no part of a second more than the annotation.
func (b ByHand) same(c ByHand) bool { return b.UID == c.UID && b.Until.Equal(c.Until) }

// byHand is the instance that a person wants to be master, nil if there is none, if that was
// done, if it holds what a memory-only set is never to serve again, or nothing while another
// one has the data, or if the master answers: then SENTINEL FAILOVER loses nothing.
func (m *Machine) byHand() *instance {
	want := m.config().Promote
	i := m.instances[want.UID]
	if i == nil || !i.up() || m.stale(i) || !m.inSet(want.UID) || want.UID == m.rec.Master.UID || !m.now.Before(want.Until) {
		return nil
	}
	if want.same(m.rec.Settled) || m.lacksData(i) {
		return nil
	}
	if master := m.master(); master != nil && master.is(m.rec.Master) {
		return nil
	}
	return i
}

// lacksData: its process is another one than the person saw, empty, and a replica has the data.
func (m *Machine) lacksData(i *instance) bool {
	lineage := m.lineage()
	return m.restarted(i) && !i.holds(lineage) && slices.ContainsFunc(m.sorted(), func(r *instance) bool {
		return r.up() && r.holds(lineage) && !m.stale(r)
	})
}

// settled is what a record says of the decision when this pod is its master.
func (m *Machine) settled(next Record) ByHand {
	if want := m.config().Promote; want.UID == next.Master.UID && m.now.Before(want.Until) {
		return want
	}
	return next.Settled
}

// keepSettled notes that a decision is not needed: the master has answered since, be it that pod
// or another one, which hands over without a loss when it is asked to.
func (m *Machine) keepSettled() bool {
	want := m.config().Promote
	if want.UID == "" || want.same(m.rec.Settled) || !m.now.Before(want.Until) || !m.handsOver() || !m.master().asOf.After(m.wantedSince) {
		return false
	}
	m.start("a person's decision is not needed")
	if i := m.instances[want.UID]; i != nil && want.UID != m.rec.Master.UID {
		m.report(Report{
			Pod: i.pod.Name, Reason: "NotPromotedByHand",
			Message: fmt.Sprintf("%s does not become master by a person's decision: %s answers. The decision holds no more", i.pod.Name, m.rec.Master.Pod),
		})
	}
	next := m.rec
	next.Settled = want
	m.commit(next, func(m *Machine) { m.drop(0) })
	return true
}

// whyNotYet is what keeps the pod that a person wants from being promoted now, "" for nothing.
func (i *instance) whyNotYet(now time.Time) string {
	switch {
	case i.snapshot.Loading:
		return "is still loading"
	case i.promotion.passedOver(now):
		return "refuses its promotion: " + i.promotion.why
	}
	return ""
}

// promoteByHand makes it master, and says what that may cost.
func (m *Machine) promoteByHand(chosen *instance) {
	decision, _ := m.choose(choice{lineage: m.lineage(), promotions: m.promotions(), read: m.op.read})
	decision.Chosen, decision.Rule = chosen.pod.Name, "by hand"
	m.op.reason = "a person decided so (annotation promote)"
	m.report(Report{
		Pod: chosen.pod.Name, Warning: true, Reason: "PromotedByHand",
		Message: fmt.Sprintf("%s becomes master by a person's decision; lost is what %s took since %s heard of it last, and what it takes until it is reached",
			chosen.pod.Name, m.rec.Master.Pod, chosen.pod.Name),
	})
	m.promoteNext(decision, chosen)
}
