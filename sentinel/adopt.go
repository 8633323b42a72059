package sentinel

import "fmt"

// A set that was made by others. It is adopted as it is found, and no Redis is
// touched by that. In mode observe it stays so: others promote, and the record follows
// them, so that clients are told who is master. Where a set was not born fenced, an
// empty restart can be copied before anybody notices, in either mode.

// adopt writes down what is.
func (m *Machine) adopt(i *instance) {
	m.op.reason = "adopted as it was"
	m.op.target = i.process()
	if m.rec.Epoch == 0 { // else only the record was lost
		m.tellUnfenced(i, "was master before this service knew the set")
	}
	m.commit(m.named(i), (*Machine).finished)
}

// named is the record with another master, whom others made one.
func (m *Machine) named(i *instance) Record {
	next := m.rec
	next.Epoch++
	next.Phase = Stable
	next.Former, next.Master = m.rec.Master, i.process()
	next.Fence, next.FenceMaxLag, next.Lineage = 0, 0, i.snapshot.Lineage()
	next.Decision, next.Requested, next.Refusal = nil, nil, nil
	return next
}

// tellUnfenced: a master that nobody promoted here was not born fenced.
func (m *Machine) tellUnfenced(i *instance, what string) {
	m.report(Report{
		Pod: i.pod.Name, Warning: true, Reason: "NotBornFenced",
		Message: fmt.Sprintf("%s %s: start its Redis with --replicaof %s %d, or an empty restart is a master until it is noticed",
			i.pod.Name, what, Nowhere.Host, Nowhere.Port),
	})
}

// presentMaster is the one that already is master, as in a set that was not born
// fenced; of several the one with the most replicas, then the most keys.
func (m *Machine) presentMaster() *instance {
	var best *instance
	for _, i := range m.sorted() {
		if !i.up() || i.snapshot.Role != RoleMaster {
			continue
		}
		if best == nil || len(i.snapshot.Attached) > len(best.snapshot.Attached) ||
			len(i.snapshot.Attached) == len(best.snapshot.Attached) && i.snapshot.Keys > best.snapshot.Keys {
			best = i
		}
	}
	return best
}

// followRedis is all that is done in mode observe while the record is stable.
func (m *Machine) followRedis() bool {
	present := m.presentMaster()
	switch {
	case m.rec.Requested != nil:
		m.start("a failover that was asked for is not done in mode observe")
		next := m.rec
		next.Requested = nil
		m.commit(next, func(m *Machine) { m.drop(0) })
		return true
	case m.stillMaster(present):
		return m.keepLineage() || m.forgetRefusal()
	case present == nil:
		m.start("no Redis of the set is master")
		m.nobodyToFollow()
		return true
	}
	m.start("others made it master")
	m.gather(inspect, (*Machine).followOther)
	return true
}

// leavesToOthers: the mode became observe while a silent master was waited for. Nobody was
// chosen yet, so that others can.
func (m *Machine) leavesToOthers() bool { return m.config().Mode == Observe && m.rec.Phase == Failing }

// leaveToOthers ends a failover that has chosen nobody. The replicas stay as they are: detached.
func (m *Machine) leaveToOthers() {
	m.op.reason = "the mode is observe: others see to the silent master"
	m.report(Report{
		Pod: m.rec.Master.Pod, Warning: true, Reason: "ObserveOnly",
		Message: m.rec.Master.Pod + " was silent, its replicas were detached from it, and the mode is observe: nobody is promoted, and no Redis gets an order any more",
	})
	next := m.rec
	next.Phase, next.Refusal = Stable, nil
	m.telling.over()
	m.commit(next, func(m *Machine) { m.drop(0) })
}

// stillMaster: the record's master is one still, or only silent so far, and no other
// has taken its replicas.
func (m *Machine) stillMaster(present *instance) bool {
	i := m.master()
	if i == nil || i.link == LinkGone {
		return false
	}
	if !i.is(m.rec.Master) || i.snapshot.Role != RoleMaster {
		return present == nil && i.link == LinkSilent
	}
	return present == i || len(present.snapshot.Attached) <= len(i.snapshot.Attached)
}

// followOther names the master that others made, if a live reading confirms it.
func (m *Machine) followOther() {
	if !m.confirmed((*Machine).followOther) {
		return
	}
	present := m.presentMaster()
	if present == nil || !m.answered(present.pod.UID) || m.stillMaster(present) {
		m.dropInVain()
		return
	}
	m.op.target = present.process()
	m.commit(m.named(present), (*Machine).finished)
}

// nobodyToFollow tells that there is no master to name, and that none will be made.
func (m *Machine) nobodyToFollow() {
	m.refuse(Report{
		Warning: true, Reason: "ObserveOnly",
		Message: "no Redis of the set is master, and the mode is observe: nobody is promoted",
	}, func(m *Machine) { m.drop(2 * retryEvery) })
}
