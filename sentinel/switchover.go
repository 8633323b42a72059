package sentinel

import (
	"fmt"
	"time"
)

// A planned switch: nothing acknowledged is lost. Writes stop for the few
// milliseconds in which the target takes in the last of them; the old master is
// a replica before the new one is a master; its clients are cut once the answer
// to "who is master?" has changed.

// handsOver: the master answers. One that is silent cannot hand over.
func (m *Machine) handsOver() bool { return m.master().is(m.rec.Master) }

func (m *Machine) beginSwitch(reason string) bool {
	m.start(reason)
	m.gather(inspect, (*Machine).chooseTarget)
	return true
}

// beginSwitchWhile is beginSwitch for a reason that has to hold in a live list, too.
func (m *Machine) beginSwitchWhile(reason string, holds func(*Machine, *instance) bool) bool {
	m.beginSwitch(reason)
	m.op.while = holds
	return true
}

func (m *Machine) chooseTarget() {
	if !m.confirmed((*Machine).chooseTarget) {
		return
	}
	if m.masterGone() {
		m.drop(0)
		return
	}
	if !m.alone(inspect, (*Machine).chooseTarget) {
		return
	}
	decision, chosen := m.choose(m.successor(m.op.read))
	switch {
	case m.missesBetter(chosen):
		m.again(drainEvery, func(m *Machine) { m.gather(inspect, (*Machine).chooseTarget) })
		return
	case m.stays(chosen):
		return
	case chosen == nil:
		m.refuseSwitch(decision)
		return
	}
	m.op.target = chosen.process()
	next := m.rec
	next.Epoch++
	next.Phase = Switching
	next.name(m.op.target, m.fenceOf(chosen), m.config().MaxLag)
	decision.Reason = m.op.reason
	next.Decision = &decision
	next.Requested = nil
	m.report(Report{
		Pod: chosen.pod.Name, Reason: "ReplicaSelected", Decision: &decision,
		Message: fmt.Sprintf("%s is to take over from %s (%s), because %s", chosen.pod.Name, m.rec.Master.Pod, decision.Rule, m.op.reason),
	})
	m.commit(next, (*Machine).pause)
}

// missesBetter: one who would be chosen was not read, as when its connection has just
// ended. It is asked again: the master lives, and a target that is worse may have to hand
// over soon.
func (m *Machine) missesBetter(chosen *instance) bool {
	_, best := m.choose(m.successor(nil))
	return best != nil && best != chosen && !m.answered(best.pod.UID) && m.now.Before(m.op.began.Add(retryEvery))
}

// refuseSwitch leaves the master where it is. A request is taken off the record,
// a doomed pod is looked at again as replicas come and go.
func (m *Machine) refuseSwitch(d Decision) {
	r := Report{
		Pod: m.rec.Master.Pod, Warning: true, Reason: "NoGoodReplica", Decision: &d,
		Message: "no replica can take over from " + m.rec.Master.Pod,
	}
	m.switchAt = m.now.Add(retryEvery / 2)
	if m.rec.Requested == nil {
		m.refuse(r, func(m *Machine) { m.drop(0) })
		return
	}
	m.report(r)
	next := m.rec
	next.Requested = nil
	m.commit(next, func(m *Machine) { m.drop(0) })
}

// unheardRequest: a client asked for a switchover of a master that only others reach. It
// is refused rather than kept: when the master answers again, nobody expects it any more.
func (m *Machine) unheardRequest() bool {
	i := m.master()
	return m.rec.Requested != nil && i != nil && i.link == LinkSilent
}

func (m *Machine) refuseRequest() bool {
	m.start("asked for by " + m.rec.Requested.By)
	m.report(Report{
		Pod: m.rec.Master.Pod, Warning: true, Reason: "SwitchoverAborted",
		Message: m.rec.Master.Pod + " does not answer: it cannot hand over, as " + m.rec.Requested.By + " asked for",
	})
	next := m.rec
	next.Requested = nil
	m.commit(next, func(m *Machine) { m.drop(0) })
	return true
}

func (m *Machine) pause() {
	m.step(commandWithin, (*Machine).paused, Pause{Process: m.rec.Master, Conn: m.op.read[m.rec.Master.UID].Conn, For: pauseFor})
}

func (m *Machine) paused() {
	done, ok := m.op.outcome[m.rec.Master.UID]
	if !ok || done.Err != nil {
		m.undoSwitch("its writes could not be paused: " + errText(done.Err))
		return
	}
	m.op.goal = done.Snapshot.Offset
	m.step(catchUpWithin+commandWithin, (*Machine).caughtUp,
		AwaitOffset{Process: m.op.target, Offset: m.op.goal, Within: catchUpWithin})
}

func (m *Machine) caughtUp() {
	done, ok := m.op.outcome[m.op.target.UID]
	if !ok || done.Err != nil {
		if i := m.instances[m.op.target.UID]; i != nil {
			i.failed = true
		}
		m.undoSwitch(m.op.target.Pod + " did not catch up: " + errText(done.Err))
		return
	}
	m.step(commandWithin, (*Machine).demoted, Demote{Process: m.rec.Master, Conn: m.op.read[m.rec.Master.UID].Conn})
}

func (m *Machine) demoted() {
	done, ok := m.op.outcome[m.rec.Master.UID]
	switch {
	case !ok || done.Err != nil:
		m.dropInVain() // demoted or not: resumeSwitch looks
	case done.Snapshot.Offset > m.op.goal:
		// Something was written past the pause; the old master has it, so it stays.
		m.drop(0)
	default:
		m.promote()
	}
}

// undonePause is the longest pause after a switchover that was undone: each stops writes for
// up to catchUpWithin, and makes an epoch. What is about to go has its grace period alone.
func (m *Machine) undonePause() time.Duration {
	if m.doomed(m.master()) {
		return 4 * retryEvery
	}
	return time.Minute
}

// undoSwitch leaves the master where it is and gives the writes back, in this order: a
// leader that may not write the record may not let writes past another one's pause.
func (m *Machine) undoSwitch(why string) {
	if m.masterGone() {
		m.drop(0)
		return
	}
	r := Report{
		Pod: m.rec.Master.Pod, Warning: true, Reason: "SwitchoverAborted",
		Message: m.rec.Master.Pod + " stays master: " + why,
	}
	m.report(r)
	m.op.reason = "switchover aborted: " + why
	next := m.rec
	next.Phase = Stable
	next.dropTarget()
	if m.mayLeave() {
		next.Refusal = &Refusal{Reason: r.Reason, Message: r.Message, At: m.now}
	}
	m.undone.refused(m.now, retryEvery, m.undonePause())
	m.switchAt = m.undone.until
	m.commit(next, func(m *Machine) {
		m.send(Unpause{Process: m.rec.Master})
		m.drop(0)
	})
}

// resumeSwitch goes on where somebody stopped: forward when the old master has
// already been demoted, back when it is still master, as a failover when it is gone.
func (m *Machine) resumeSwitch() bool {
	switch {
	case m.masterGone():
		return m.beginFailover("the master's process ended while it handed over")
	case m.master().link == LinkSilent:
		m.send(Pill{Process: m.rec.Master})
		return m.beginFailover("the master fell silent while it handed over")
	case !m.master().up():
		return false
	case m.masterDeposed():
		return m.resumeDemoted()
	default:
		m.start("a switchover that was left half-way")
		m.gather(inspect, (*Machine).goBack)
		return true
	}
}

// goBack undoes a switchover, once its leader cannot go on with it any more. Only a
// master that says now that it is one may stay: the memory of it may be older than its
// demotion, and the target may be master already.
func (m *Machine) goBack() {
	if !m.confirmed((*Machine).goBack) || !m.alone(inspect, (*Machine).goBack) {
		return
	}
	if m.masterGone() || m.masterDeposed() {
		m.drop(0)
		return
	}
	if !m.answered(m.rec.Master.UID) {
		m.unreadHalfWay()
		return
	}
	m.undoSwitch("the switchover was left half-way")
}

// unreadTries is how often a master is read in vain, over some ten seconds, before it is
// given up in the middle of a switchover.
const unreadTries = 8

// unreadHalfWay: the master answers and does not say what it is, as with an ACL without INFO.
// Whether it takes writes cannot be known then, so it is detached with the others.
func (m *Machine) unreadHalfWay() {
	if m.vain.times < unreadTries {
		m.dropInVain()
		return
	}
	m.op.reason = "the master cannot be read while it hands over"
	m.gather(freeze, (*Machine).chooseSuccessor)
}

// resumeDemoted: the old master stood still when it was seen last. The target may be
// promoted if it has everything; otherwise all are compared, the old master among them.
func (m *Machine) resumeDemoted() bool {
	m.start(m.rec.Reason)
	m.gather(inspect, (*Machine).compareDemoted)
	return true
}

// compareDemoted decides by what both say now: the master may be one again, if the
// leader that demoted it was about to undo that.
func (m *Machine) compareDemoted() {
	if !m.confirmed((*Machine).compareDemoted) || !m.alone(inspect, (*Machine).compareDemoted) {
		return
	}
	master, target := m.master(), m.instances[m.rec.Target.UID]
	switch {
	case !m.masterGone() && !m.answered(m.rec.Master.UID):
		m.unreadHalfWay()
	case m.masterGone() || !m.masterDeposed():
		m.dropInVain()
	case target == nil:
		m.gather(freeze, (*Machine).chooseSuccessor)
	case m.answered(m.rec.Target.UID) && target.is(m.rec.Target) && target.snapshot.Offset >= master.snapshot.Offset:
		m.op.target = m.rec.Target
		m.proceed()
	case m.stillFlowing(target) && m.now.Before(m.op.began.Add(catchUpWithin)):
		m.again(drainEvery, func(m *Machine) { m.gather(inspect, (*Machine).compareDemoted) })
	default:
		m.op.reason = "a switchover was left half-way"
		m.gather(freeze, (*Machine).chooseSuccessor)
	}
}

// drainEvery is how often the target is asked while the last writes flow to it.
const drainEvery = 10 * time.Millisecond

// stillFlowing: a process that was demoted keeps its replicas and sends them what it
// had for them.
func (m *Machine) stillFlowing(target *instance) bool {
	return target.is(m.rec.Target) && m.answered(target.pod.UID) &&
		target.snapshot.LinkUp && target.snapshot.MasterAddr == m.rec.Master.Addr
}
