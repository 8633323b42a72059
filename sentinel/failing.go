package sentinel

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// A master that is silent: its node is lost, the network is cut, or its process is
// frozen. Nothing proves that it is gone, so it is made harmless first: its replicas
// are detached, and its own write fence stops it. What it accepted after the last
// byte that the best replica received is lost, at most min-replicas-max-lag + 2 s
// of writes by clients that are cut off together with it.

// noGoodAgain: the master was given up, took orders again, was chosen for its data, and
// answers PING with an error as a master once more. With MISCONF one does so each time,
// and no replica can attach to it.
func (m *Machine) noGoodAgain() bool {
	i := m.master()
	return i != nil && i.unwell && m.rec.Former.Same(m.rec.Master)
}

// lastResort: so it is, and no other process has its data: giving it up once more would
// only make it master once more.
func (m *Machine) lastResort() bool {
	if !m.noGoodAgain() {
		return false
	}
	_, heir := m.choose(choice{lineage: m.lineage(), promotions: m.promotions(), not: m.rec.Master.UID})
	return heir == nil
}

// beginFailing writes down that the master is given up, before anything is done to
// it: a leader that comes after us goes on instead of guessing.
func (m *Machine) beginFailing() bool {
	m.start(m.whyFailing())
	m.report(Report{
		Pod: m.rec.Master.Pod, Warning: true, Reason: "MasterSilent",
		Message: fmt.Sprintf("%s does not answer; it is being fenced", m.rec.Master.Pod),
	})
	next := m.rec
	next.Epoch++
	next.Phase = Failing
	m.commit(next, (*Machine).detach)
	return true
}

func (m *Machine) askedWhetherItAnswers() {
	if m.answered(m.rec.Master.UID) {
		m.drop(0)
		return
	}
	m.dropInVain()
}

func (m *Machine) whyFailing() string {
	if m.byHand() != nil {
		return "the master is silent for this service, and a person decided (annotation promote)"
	}
	return fmt.Sprintf("the master is silent for %s and no replica hears of it", m.config().DownAfter)
}

// resumeFailing goes on where a leader stopped.
func (m *Machine) resumeFailing() bool {
	switch {
	case m.leavesToOthers():
		m.start(m.rec.Reason)
		m.leaveToOthers()
	case m.masterGone():
		return m.beginFailover("the master's process is gone")
	case m.masterDeposed():
		return m.beginFailover("the master was fenced")
	case m.master().is(m.rec.Master) && m.master().asOf.After(m.ledSince):
		m.start("the master answers again")
		m.restore()
	case m.master().is(m.rec.Master): // as far as was heard before this term, in which it may not be missed yet
		m.start(m.rec.Reason)
		m.step(commandWithin, (*Machine).askedWhetherItAnswers, Inspect{Process: m.rec.Master})
		m.op.early = func(m *Machine) bool { i := m.master(); return i == nil || !i.is(m.rec.Master) }
	default:
		m.start(m.rec.Reason)
		m.detach()
	}
	return true
}

// detach freezes all replicas that answer, and lays the pill on the kept connection
// to the silent one: a frozen process swallows it before any write that came later.
func (m *Machine) detach() {
	m.send(Pill{Process: m.rec.Master})
	m.gather(freeze, (*Machine).detached)
}

func (m *Machine) detached() {
	if !m.confirmed((*Machine).detached) {
		return
	}
	if m.loose() {
		m.gather(freeze, (*Machine).detached)
		return
	}
	m.standStill()
	m.awaitFence()
}

// awaitFence waits until nobody can be a second master, or the silent one answers.
func (m *Machine) awaitFence() {
	p, is := m.dangerous()
	switch {
	case m.leavesToOthers():
		m.leaveToOthers()
	case !is:
		m.chooseSuccessor()
	case m.instances[p.UID].is(p) && m.instances[p.UID].snapshot.Role == RoleMaster && m.rec.Phase == Failing:
		m.op.reason = "the master answers again"
		m.restore()
	default:
		m.tellWaiting(p, func(m *Machine) {
			wait := m.fenceIn()
			if m.changed(p) { // it answers, but does not stand still: that may last
				wait = m.untilAskedAgain()
			}
			m.again(wait, func(m *Machine) {
				m.op.gathered = time.Time{} // what is read then is what the choice is made by
				m.gather(freeze, (*Machine).detached)
			})
			if !m.changed(p) {
				m.op.early = func(m *Machine) bool { return m.changed(p) }
			}
		})
	}
}

// fenceIn is how long the write fence still needs, or a while when it cannot help.
func (m *Machine) fenceIn() time.Duration {
	over := m.op.frozenAt.Add(m.fenceTime())
	for _, i := range m.sorted() {
		if at := m.stillAt(i); at.After(over) {
			over = at
		}
	}
	return max(retryEvery, over.Sub(m.now))
}

// untilAskedAgain is the pause before one that answers and is not detached is told again: short
// for as long as those are waited for that are slow.
func (m *Machine) untilAskedAgain() time.Duration {
	if m.now.Before(m.op.frozenAt.Add(m.gatherTime())) {
		return retryEvery / 10
	}
	m.op.moved.refused(m.now, retryEvery/10, 2*retryEvery)
	return m.op.moved.until.Sub(m.now)
}

func (m *Machine) changed(p Process) bool {
	i := m.instances[p.UID]
	return i == nil || i.link != LinkSilent
}

// tellWaiting says why nobody is promoted, when it will not pass by itself.
func (m *Machine) tellWaiting(p Process, then func(*Machine)) {
	if m.rec.Fence >= 1 && !m.now.After(m.op.frozenAt.Add(m.fenceTime())) {
		then(m)
		return
	}
	does := "is silent"
	if i := m.instances[p.UID]; i != nil && i.link == LinkUp {
		does = "answers, cannot be made a replica"
	}
	m.refuse(Report{
		Pod: p.Pod, Warning: true, Reason: "MasterNotFenced",
		Message: fmt.Sprintf("%s %s and may still take writes (min-replicas-to-write %d, and %s may feed it): nobody is promoted",
			p.Pod, does, m.rec.Fence, cmp.Or(strings.Join(m.mayFeed(p, m.now.Add(m.fenceTime())), ", "), "nobody")),
	}, then)
}

// restore leaves the master where it is; its replicas are attached again after it.
func (m *Machine) restore() {
	m.report(Report{Pod: m.rec.Master.Pod, Reason: "MasterAnswers", Message: m.rec.Master.Pod + " answers again and stays master"})
	next := m.rec
	next.Phase, next.Refusal = Stable, nil
	next.dropTarget()
	m.telling.over()
	m.commit(next, func(m *Machine) { m.drop(0) })
}
