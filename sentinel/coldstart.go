package sentinel

import (
	"fmt"
	"slices"
	"time"
)

// The two beginnings without a successor: a set that has no record yet, or one of a former
// life (anew.go), and a set of which every process that held the data is gone.

// coldStart waits for all pods of the set, or for coldStartWait after the first.
func (m *Machine) coldStart() bool {
	up := 0
	for _, i := range m.sorted() {
		if i.up() && !m.doomed(i) {
			up++
		}
	}
	if up == 0 {
		m.firstUp = time.Time{}
		return false
	}
	if m.firstUp.IsZero() {
		m.firstUp = m.now
	}
	if up < m.set.Size && m.now.Before(m.firstUp.Add(coldStartWait)) {
		return false
	}
	m.start("first start of the set")
	m.gather(inspect, (*Machine).chooseFirst)
	return true
}

func (m *Machine) chooseFirst() {
	if !m.confirmed((*Machine).chooseFirst) {
		return
	}
	m.noteHeardElsewhere()
	heard := m.heardLately()
	if present := m.presentMaster(); present != nil && (!heard || len(present.snapshot.Attached) > 0) {
		m.adopt(present)
		return
	}
	if m.config().Mode == Observe {
		m.nobodyToFollow()
		return
	}
	if heard {
		m.promoteNobody(m.heardBy+": nobody is promoted beside it", nil)
		return
	}
	if m.missesData() {
		m.drop(retryEvery / 5)
		return
	}
	decision, chosen := m.choose(choice{anyData: true, read: m.op.read})
	if m.lostAtFirst(chosen) {
		m.totalLoss(decision)
		return
	}
	if chosen == nil {
		m.reportOnce(Report{
			Warning: true, Reason: "NoGoodReplica", Decision: &decision,
			Message: "no Redis of the set can be its first master",
		})
		m.drop(retryEvery)
		return
	}
	m.promoteNext(decision, chosen)
}

// noteHeardElsewhere notes that a process follows a master that is no present one, and hears of
// it. Without a record nobody is known to be master, and nobody may be made
// one beside one who lives: a set that is adopted may be reached by its replicas alone, or
// follow a master elsewhere. What they load has come from it, and a link may break for a while.
func (m *Machine) noteHeardElsewhere() {
	for _, i := range m.sorted() {
		s := i.snapshot
		if i.link == LinkSilent && s != nil && s.Role == RoleMaster && i.asOf.After(m.heardAt) {
			m.heardAt, m.heardBy = i.asOf, i.pod.Name+" was master when it answered last"
		}
		if !i.up() || !m.answered(i.pod.UID) || s.Role != RoleReplica || s.Fenced() || m.presentAt(s.MasterAddr) {
			continue
		}
		if s.Loading || s.LinkedTo(s.MasterAddr) && !i.deaf() {
			m.heardAt, m.heardBy = m.now, fmt.Sprintf("%s follows %s, which this service does not reach, or which is no pod of the set", i.pod.Name, s.MasterAddr)
		}
	}
}

// heardLately: somebody did so within failover-timeout.
func (m *Machine) heardLately() bool {
	return !m.heardAt.IsZero() && m.now.Before(m.heardAt.Add(m.config().FailoverTimeout))
}

func (m *Machine) presentAt(a Addr) bool {
	return slices.ContainsFunc(m.sorted(), func(i *instance) bool {
		return i.up() && i.snapshot.Role == RoleMaster && i.pod.Addr == a
	})
}

// missesData: an instance that is up, and may have data, has not read yet what lies on its disk,
// for which it has failover-timeout, or did not answer in this operation.
func (m *Machine) missesData() bool {
	loads := m.now.Before(m.lostSince().Add(max(2*coldStartWait, m.config().FailoverTimeout)))
	answers := m.now.Before(m.lostSince().Add(2 * coldStartWait))
	for _, i := range m.sorted() {
		if i.up() && (i.snapshot.Loading && loads || !m.answered(i.pod.UID) && answers) {
			return true
		}
	}
	return false
}

// totalLoss decides when no process has the data: wait as long as one may come
// back with it, then begin empty, if the set's options allow it.
func (m *Machine) totalLoss(refusals Decision) {
	waitFor, why := m.mayComeBack(m.emptyUntil())
	tell := func(reason, message string) {
		m.refuse(Report{Warning: true, Reason: reason, Message: message, Decision: &refusals},
			func(m *Machine) { m.drop(m.patience()) })
	}
	switch {
	case waitFor:
		tell("NoGoodReplica", "no replica can be promoted: "+why)
	case m.config().OnTotalLoss == ManualLoss:
		tell("TotalLoss", "every process that held the data is gone, and on-total-loss is manual")
	case m.emptyStale():
	default:
		decision, chosen := m.choose(choice{anyData: true, lastMaster: m.rec.Master.Pod, read: m.op.read})
		if chosen == nil {
			tell("NoGoodReplica", "every process that held the data is gone, and no other can be master yet")
			return
		}
		m.op.reason = "every process that held the data is gone"
		m.report(Report{
			Warning: true, Reason: "TotalLoss", Decision: &refusals,
			Message: m.op.reason + ": " + m.beginsWith(chosen),
		})
		m.promoteNext(decision, chosen)
	}
}
