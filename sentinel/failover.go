package sentinel

import (
	"fmt"
	"slices"
	"time"
)

// A failover: the master's process is gone. The replicas are frozen at once, so
// that none can copy an empty successor and all offsets stand still; then the
// best of them is committed to the record, and only then promoted.

// contradictedFor is for how long replicas are asked again and again that have a link to a
// master that refuses us: the news of its end may come to them later than to us.
const contradictedFor = 200 * time.Millisecond

func (m *Machine) beginFailover(reason string) bool {
	m.start(reason)
	m.gather(freeze, (*Machine).chooseSuccessor)
	return true
}

func (m *Machine) chooseSuccessor() {
	if !m.confirmed((*Machine).chooseSuccessor) {
		return
	}
	m.weighRefusal()
	if m.rec.Phase == Stable && !m.masterGone() && !m.masterDeposed() {
		if m.master().refused && m.now.Before(m.op.began.Add(contradictedFor)) {
			m.again(retryEvery/50, func(m *Machine) { m.gather(freeze, (*Machine).chooseSuccessor) })
			return
		}
		m.drop(0) // a false alarm; reconcile reattaches whom we froze
		return
	}
	if !m.alone(freeze, (*Machine).chooseSuccessor) {
		return
	}
	if m.loose() {
		m.gather(freeze, (*Machine).chooseSuccessor)
		return
	}
	m.standStill()
	if _, is := m.dangerous(); is {
		m.awaitFence()
		return
	}
	if i := m.byHand(); i != nil && m.answered(i.pod.UID) {
		if why := i.whyNotYet(m.now); why != "" {
			m.promoteNobody(i.pod.Name+", which a person wants to be master, "+why, nil)
			return
		}
		m.promoteByHand(i)
		return
	}
	if m.missesAnswer() {
		m.again(retryEvery/10, func(m *Machine) { m.gather(freeze, (*Machine).chooseSuccessor) })
		return
	}
	m.noteWaitedOut()
	m.compare()
}

// compare chooses among those that stand still, or says what is waited for.
func (m *Machine) compare() {
	c := choice{lineage: m.lineage(), promotions: m.promotions(), avoid: m.place(), read: m.op.read, followed: m.followed, most: m.mostOffset(), moves: m.whyMoving}
	if m.rec.Phase == Failing {
		c.givenUp, c.again = m.rec.Master, m.noGoodAgain()
	} else {
		c.keep = m.rec.Master
	}
	decision, chosen := m.choose(c)
	m.whoIsThere(chosen)
	if chosen == nil {
		if why := m.unwilling(c); why != "" {
			m.promoteNobody("no replica can be promoted, and "+why, &decision)
			return
		}
		m.totalLoss(decision)
		return
	}
	if more, why := m.newerOnDisk(chosen); more {
		m.promoteNobody("every process that followed the master is gone, and another one may be back with newer data: "+why, &decision)
		return
	}
	if i := m.loadsNewer(chosen); i != nil {
		m.promoteNobody(fmt.Sprintf("%s did not follow the master to its end, and %s is loading a later copy", chosen.pod.Name, i.pod.Name), &decision)
		return
	}
	m.promoteNext(decision, chosen)
}

// promoteNobody tells why, and looks again in a while.
func (m *Machine) promoteNobody(why string, d *Decision) {
	m.refuse(Report{Warning: true, Reason: "NoGoodReplica", Message: why, Decision: d}, func(m *Machine) { m.drop(m.patience()) })
}

// looseTries is how often one is frozen that does not stand still.
const looseTries = 3

// loose: somebody was taken for fenced by an old reading and is not. What stands
// still is compared, so all are frozen once more. One that says yes each time and goes on
// as before is no replica to be compared, and keeps the others waiting no longer.
func (m *Machine) loose() (again bool) {
	if m.without == "freeze" {
		return false
	}
	for _, i := range m.sorted() {
		if m.movesOn(i) && !m.disobeys(i) && !i.snapshot.Loading {
			m.op.told[i.pod.UID]++
			again = true
		}
	}
	return again
}

// movesOn: it answered in this operation that it follows somebody, or is a master.
func (m *Machine) movesOn(i *instance) bool {
	return m.answered(i.pod.UID) && i.up() && !i.snapshot.Fenced()
}

// disobeys: it was told to stand still again and again.
func (m *Machine) disobeys(i *instance) bool {
	return m.op != nil && m.movesOn(i) && (m.op.told[i.pod.UID] >= looseTries || m.balks(i))
}

// standStill notes who is detached from when on. Who answers and moves on may feed a master.
func (m *Machine) standStill() {
	if m.op.frozenAt.IsZero() {
		m.op.frozenAt = m.now
	}
	for _, i := range m.sorted() {
		uid := i.pod.UID
		if !m.answered(uid) && !m.op.read[uid].Detached || m.movesOn(i) {
			delete(m.op.still, uid) // it may have been attached meanwhile
		} else if m.op.still[uid].IsZero() {
			m.op.still[uid] = m.now
		}
	}
}

// promoteNext commits the choice and carries it out.
func (m *Machine) promoteNext(decision Decision, chosen *instance) {
	m.op.target = chosen.process()
	m.report(Report{
		Pod: chosen.pod.Name, Reason: "ReplicaSelected", Decision: &decision,
		Message: fmt.Sprintf("%s is to be master of %s (%s), because %s", chosen.pod.Name, m.name, decision.Rule, m.op.reason),
	})
	next := m.rec
	if next.Phase != Failing { // which has an epoch of its own already, and no target
		next.Epoch++
	}
	next.Phase = Promoting
	next.name(m.op.target, m.fenceOf(chosen), m.config().MaxLag)
	next.Lineage = m.inherited(chosen)
	decision.Reason = m.op.reason
	next.Decision = &decision
	m.commit(next, (*Machine).promote)
}

// inherited is the lineage as the chosen one has it, so that a leader that comes
// after us knows the others that may still be chosen instead.
func (m *Machine) inherited(chosen *instance) Lineage {
	own, known := chosen.snapshot.Lineage(), m.rec.Lineage
	switch known.ReplID {
	case "", own.ReplID, own.ReplID2:
		return own
	}
	heir := Lineage{ReplID: own.ReplID, ReplID2: known.ReplID, Offset: own.Offset}
	if own.ReplID == known.ReplID2 { // it did not hear of the last promotion; the common part is the same from both sides
		heir.Common = known.Common
	}
	return heir
}

func (m *Machine) promote() {
	m.step(commandWithin, (*Machine).promoted, Promote{
		Process: m.op.target, Conn: m.op.read[m.op.target.UID].Conn,
		MinReplicas: m.rec.TargetFence, MaxLag: time.Duration(m.rec.TargetFenceMaxLag) * time.Second,
	})
}

func (m *Machine) promoted() {
	done, ok := m.op.outcome[m.op.target.UID]
	if !ok || done.Err != nil {
		m.notPromoted(done.Err)
		return
	}
	m.fenceTerm, m.untold = m.term, false // it went out with the promotion
	m.finish(*done.Snapshot)
}

// notPromoted leaves the phase at Promoting: the next look decides by what is left of the
// target. A connection that ended is no refusal yet, and not worth a write.
func (m *Machine) notPromoted(err error) {
	r := Report{
		Pod: m.op.target.Pod, Warning: true, Reason: "PromotionFailed",
		Message: fmt.Sprintf("%s was not promoted: %s", m.op.target.Pod, errText(err)),
	}
	i := m.instances[m.op.target.UID]
	if i != nil && i.is(m.op.target) {
		i.promotion.refused(m.now, retryEvery/10, refusedMost)
		i.promotion.why = errText(err)
	}
	if i == nil || i.promotion.times <= promotionTries { // after that the choice tells of it
		m.reportOnce(r)
	}
	m.drop(0)
}

// finish makes the new master known. The others are pointed at it in the same
// moment; the former one follows when the new one has been announced.
func (m *Machine) finish(s Snapshot) {
	next := m.rec
	next.Phase = Stable
	next.Former, next.Master = m.rec.Master, m.op.target
	next.Fence, next.FenceMaxLag = m.rec.TargetFence, m.rec.TargetFenceMaxLag
	next.dropTarget()
	next.Lineage = s.Lineage()
	next.Requested, next.Refusal = nil, nil
	next.Settled = m.settled(next)
	m.followAll(next.Master, next.Former)
	m.commit(next, (*Machine).finished)
}

func (m *Machine) finished() {
	took := m.now.Sub(m.op.began)
	from := m.rec.Former.Pod
	if from == "" {
		from = "nobody"
	}
	m.report(Report{
		Pod: m.rec.Master.Pod, Reason: "MasterSwitched", Decision: m.rec.Decision,
		Message: fmt.Sprintf("master of %s is now %s at %s, before it was %s (epoch %d, %s, took %s)",
			m.name, m.rec.Master.Pod, m.rec.Master.Addr, from, m.rec.Epoch, m.op.reason, took.Round(100_000)),
	})
	m.telling.over()
	if m.switchedInVain() {
		m.undone.refused(m.now, refusedMost, m.undonePause())
		m.switchAt = m.undone.until
	}
	m.drop(0)
}

// switchedInVain: it is master again who was to hand over, since nobody else is promoted.
func (m *Machine) switchedInVain() bool {
	refuses := func(i *instance) bool { return i.promotion.passedOver(m.now) }
	return m.rec.Master.Same(m.rec.Former) && slices.ContainsFunc(m.sorted(), refuses)
}

// resumePromotion goes on where somebody stopped after the commit: with the same
// target if it lives, else with the next best.
func (m *Machine) resumePromotion() bool {
	target := m.instances[m.rec.Target.UID]
	switch {
	case target == nil || target.link == LinkGone || target.up() && !target.is(m.rec.Target):
		return m.beginFailover("the process to be promoted is gone")
	case target.link == LinkSilent:
		return m.beginFailover("the process to be promoted is silent")
	case !target.up():
		return false // not reached yet
	case target.promotion.passedOver(m.now):
		return m.beginFailover("the process to be promoted refuses it: " + target.promotion.why)
	case target.promotion.holds(m.now):
		return false
	}
	m.start(m.rec.Reason)
	m.forward()
	return true
}

// forward goes on with the record's target: it is read first, and the record is
// written once more, so that the promotion goes out on a connection that is older
// than the proof that nobody else leads.
func (m *Machine) forward() {
	m.op.target = m.rec.Target
	m.gather(inspect, (*Machine).forwarded)
}

func (m *Machine) forwarded() {
	if m.confirmed((*Machine).forwarded) && m.alone(inspect, (*Machine).proceed) {
		m.proceed()
	}
}

func (m *Machine) proceed() {
	next := m.rec
	next.Phase = Promoting
	next.TargetFenceMaxLag = max(next.TargetFenceMaxLag, wholeSeconds(m.config().MaxLag)) // it may have been told the former one
	m.commit(next, (*Machine).promote)
}

// place is where the master runs, or ran.
func (m *Machine) place() location {
	if i := m.master(); i != nil {
		return location{i.pod.Zone, i.pod.Node}
	}
	return location{}
}
