package sentinel

import "fmt"

// A failover: the master's process is gone. The replicas are frozen at once, so
// that none can copy an empty successor and all offsets stand still; then the
// best of them is committed to the record, and only then promoted.

func (m *Machine) beginFailover(reason string) bool {
	m.start(reason)
	m.gather(freeze, (*Machine).chooseSuccessor)
	return true
}

func (m *Machine) chooseSuccessor() {
	if !m.confirmed((*Machine).chooseSuccessor) {
		return
	}
	if m.rec.Phase == Stable && !m.masterGone() && !m.masterDeposed() {
		m.drop(0) // a false alarm; reconcile reattaches whom we froze
		return
	}
	decision, chosen := choose(m.sorted(), choice{
		lineage: m.lineage(), avoidNode: m.lastNode(), read: m.op.read,
	})
	if chosen == nil {
		m.totalLoss(decision)
		return
	}
	m.promoteNext(decision, chosen)
}

// promoteNext commits the choice and carries it out.
func (m *Machine) promoteNext(decision Decision, chosen *instance) {
	m.op.target = chosen.process()
	m.report(Report{Pod: chosen.pod.Name, Reason: "ReplicaSelected", Decision: &decision,
		Message: fmt.Sprintf("%s is to be master of %s (%s), because %s", chosen.pod.Name, m.name, decision.Rule, m.op.reason)})
	next := m.rec
	next.Epoch++
	next.Phase = Promoting
	next.Target = m.op.target
	next.Lineage = m.inherited(chosen)
	next.Decision = &decision
	m.commit(next, (*Machine).promote)
}

// inherited is the lineage as the chosen one has it, so that a leader that comes
// after us knows the others that may still be chosen instead.
func (m *Machine) inherited(chosen *instance) Lineage {
	own := chosen.snapshot.Lineage()
	if own.ReplID2 == "" && m.rec.Lineage.ReplID != own.ReplID {
		own.ReplID2 = m.rec.Lineage.ReplID
	}
	return own
}

func (m *Machine) promote() {
	m.step(commandWithin, (*Machine).promoted, Promote{Process: m.op.target})
}

func (m *Machine) promoted() {
	done, ok := m.op.outcome[m.op.target.UID]
	if !ok || done.Err != nil {
		// The phase is Promoting: the next look decides by what is left of the target.
		m.report(Report{Pod: m.op.target.Pod, Warning: true, Reason: "PromotionFailed", Message: errText(done.Err)})
		m.drop(retryEvery / 10)
		return
	}
	m.finish(*done.Snapshot)
}

// finish makes the new master known. The others are pointed at it in the same
// moment; the former one follows when the new one has been announced.
func (m *Machine) finish(s Snapshot) {
	next := m.rec
	next.Phase = Stable
	next.Former, next.Master, next.Target = m.rec.Master, m.op.target, Process{}
	next.Lineage = Lineage{ReplID: s.ReplID, ReplID2: s.ReplID2, Offset: s.Offset}
	next.Requested = nil
	m.followAll(next.Master, next.Former)
	m.commit(next, (*Machine).finished)
}

func (m *Machine) finished() {
	took := m.now.Sub(m.op.began)
	from := m.rec.Former.Pod
	if from == "" {
		from = "nobody"
	}
	m.report(Report{Pod: m.rec.Master.Pod, Reason: "MasterSwitched", Decision: m.rec.Decision,
		Message: fmt.Sprintf("master of %s is now %s at %s, before it was %s (epoch %d, %s, took %s)",
			m.name, m.rec.Master.Pod, m.rec.Master.Addr, from, m.rec.Epoch, m.op.reason, took.Round(100_000))})
	m.reported = ""
	m.drop(0)
}

// resumePromotion goes on where somebody stopped after the commit: with the same
// target if it lives, else with the next best.
func (m *Machine) resumePromotion() bool {
	if !m.formerHarmless() {
		return false
	}
	target := m.instances[m.rec.Target.UID]
	switch {
	case target == nil || target.link == LinkGone || target.up() && !target.is(m.rec.Target):
		return m.beginFailover("the process to be promoted is gone")
	case !target.up():
		return false // not reached yet, or silent
	}
	m.start(m.rec.Reason)
	m.op.target = m.rec.Target
	m.promote()
	return true
}

// formerHarmless: the master before is gone, or it is no master any more.
func (m *Machine) formerHarmless() bool {
	return m.rec.Master.UID == "" || m.masterGone() || m.masterDeposed()
}

// lastNode is where the failing master ran.
func (m *Machine) lastNode() string {
	if i := m.master(); i != nil {
		return i.pod.Node
	}
	return ""
}
