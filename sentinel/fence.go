package sentinel

import "time"

// The write fence. A master that we cannot reach may go on serving clients that we
// cannot see. Redis itself stops it: with min-replicas-to-write m it refuses writes
// once fewer than m replicas have acknowledged within min-replicas-max-lag. So the
// replicas that we detach fence the master that we cannot reach.
//
// m is floor(n/2) of the set's n members: then two writable masters, each with m
// replicas of its own, would need more than n members. It is lowered to what is
// attached while less is, so that a lonely master keeps accepting writes.

// maxLagSlack is what Redis may take beyond min-replicas-max-lag. It compares whole
// seconds (an acknowledgement at 3.0 is good at 5.9 with a max-lag of 2), and it does so
// once a second (replicationCron): a second for each.
const maxLagSlack = 2 * time.Second

// fenceTries is how often the master is told its fence before people are told.
const fenceTries = 3

// wantedFence is the m that suits what is attached to the master now.
func (m *Machine) wantedFence() int {
	return min(m.set.Size/2, m.master().snapshot.Good(m.config().MaxLag))
}

// keepFence brings min-replicas-to-write and the record to the wanted m. The record
// never claims more than Redis was told: raised in Redis first, lowered there last.
func (m *Machine) keepFence() bool {
	i := m.master()
	if !i.is(m.rec.Master) || i.snapshot.Role != RoleMaster {
		return false
	}
	want := m.wantedFence()
	if want >= m.rec.Fence {
		m.starvingSince = time.Time{}
	}
	// What it said to a replica of the service that only looked on may be older than what the
	// leader of that time told it.
	if i.fencing.holds(m.now) || i.asOf.Before(m.ledSince) {
		return false
	}
	switch {
	case m.rec.Fence > 0 && m.rec.FenceMaxLag != wholeSeconds(m.config().MaxLag):
		m.changeFence("min-replicas-max-lag was changed", (*Machine).changeLag)
	case want > m.rec.Fence:
		m.changeFence("the write fence was raised", func(m *Machine) { m.raiseFence(want) })
	case want > 0 && m.takenOff():
		m.changeFence("the write fence was taken off by another hand", func(m *Machine) { m.putBackFence(want) })
	case want < m.rec.Fence && m.missed(want), m.untold, m.overfenced(want):
		m.changeFence("the write fence was lowered", func(m *Machine) { m.lowerFence(want) })
	case m.fenceInDoubt():
		m.changeFence("the write fence is told anew", (*Machine).tellFence)
	default:
		return false
	}
	return true
}

// fenceInDoubt: an older leader may have ended between Redis and the record, so that Redis
// asks for more replicas than the record says, and there are no more. INFO tells only that
// it asks for some. A replica that is late with one acknowledgement is no reason: a new
// leader touches no Redis that does well.
func (m *Machine) fenceInDoubt() bool {
	late := m.config().MaxLag // Redis may have a shorter one still
	if m.fenceTerm == m.term || m.rec.Fence == 0 || m.master().snapshot.Good(min(late, time.Second)) > m.rec.Fence {
		m.doubtSince = time.Time{}
		return false
	}
	if m.doubtSince.IsZero() {
		m.doubtSince = m.now
	}
	return m.now.Sub(m.doubtSince) >= late
}

// tellFence tells Redis what the record says.
func (m *Machine) tellFence() {
	m.step(commandWithin, func(m *Machine) {
		m.noteFenceTold()
		m.drop(0)
	}, m.setFence(m.rec.Fence))
}

// overfenced: Redis asks for replicas where the record says that it need not. A leader
// that raised the fence ended before it could write that down.
func (m *Machine) overfenced(want int) bool {
	s := m.master().snapshot
	return s.NeedsReplicas && want == 0 && m.rec.Fence == 0 && m.serving(m.master())
}

// takenOff: Redis asks for no replicas where the record says that it does.
func (m *Machine) takenOff() bool {
	i := m.master()
	return m.rec.Fence > 0 && m.serving(i) && !i.snapshot.NeedsReplicas
}

// changeFence begins with the master alone: it is read, and older leaders are cut
// off from it, since one of them may be about to lower what we are about to raise.
func (m *Machine) changeFence(reason string, change func(*Machine)) {
	m.start(reason)
	m.readMaster(func(m *Machine) {
		i := m.master()
		if i == nil || !m.answered(m.rec.Master.UID) {
			m.fenceRefused()
			m.drop(0)
			return
		}
		if i.purgedTerm == m.term {
			change(m)
			return
		}
		m.commit(m.rec, func(m *Machine) { m.readMaster(change) })
	})
}

func (m *Machine) readMaster(then func(*Machine)) {
	i := m.master()
	if i == nil { // its pod went while the record was written
		m.drop(0)
		return
	}
	m.step(commandWithin, then, inspect(m, i))
	m.op.purging = m.termWritten == m.term
}

// changeLag brings min-replicas-max-lag to the wanted one, by the same rule: the record has
// the longer one first.
func (m *Machine) changeLag() {
	if m.rec.FenceMaxLag > 0 && wholeSeconds(m.config().MaxLag) > m.rec.FenceMaxLag { // else it is not known what it has
		m.lowerFence(m.rec.Fence)
		return
	}
	m.raiseFence(m.rec.Fence)
}

func (m *Machine) raiseFence(want int) {
	m.untold = true // until the record says the same
	told := m.setFence(want)
	m.step(commandWithin, func(m *Machine) {
		if !m.noteFenceTold() {
			m.drop(0)
			return
		}
		next := m.rec
		next.Fence, next.FenceMaxLag = want, wholeSeconds(told.MaxLag)
		m.commit(next, func(m *Machine) {
			m.untold = false
			m.drop(0)
		})
	}, told)
}

// putBackFence: the record does not claim what Redis has not, as long as Redis refuses it.
func (m *Machine) putBackFence(want int) {
	next := m.rec
	next.Fence = 0
	m.commit(next, func(m *Machine) { m.raiseFence(want) })
}

// lowerFence: when Redis is not reached the record claims too little, which is safe,
// and Redis asks for more replicas than there are, which is not to last.
func (m *Machine) lowerFence(want int) {
	if m.without == "fence order" {
		m.step(commandWithin, func(m *Machine) {
			next := m.rec
			next.Fence = want
			m.commit(next, func(m *Machine) { m.drop(0) })
		}, m.setFence(want))
		return
	}
	told := m.setFence(want)
	next := m.rec
	next.Fence, next.FenceMaxLag = want, max(m.rec.FenceMaxLag, wholeSeconds(told.MaxLag))
	m.untold = true
	m.commit(next, func(m *Machine) {
		m.step(commandWithin, func(m *Machine) {
			m.untold = !m.noteFenceTold()
			m.drop(0)
		}, told)
	})
}

func (m *Machine) setFence(want int) SetFence {
	return SetFence{Process: m.rec.Master, Conn: m.op.read[m.rec.Master.UID].Conn, MinReplicas: want, MaxLag: m.config().MaxLag}
}

// noteFenceTold is whether the master has taken its fence; it has to be told so once a term.
func (m *Machine) noteFenceTold() bool {
	done, ok := m.op.outcome[m.rec.Master.UID]
	if !ok || done.Err != nil {
		m.fenceRefused()
		return false
	}
	m.fenceTerm = m.term
	if i := m.master(); i != nil {
		i.fencing = retries{}
	}
	return true
}

// fenceRefused: the master was not read, or did not take its fence. It is told when that
// lasts: until it has taken it, it may refuse writes for want of replicas, or lack its fence.
func (m *Machine) fenceRefused() {
	i := m.master()
	if i == nil {
		return
	}
	i.fencing.refused(m.now, retryEvery, refusedMost)
	if i.fencing.times == fenceTries {
		m.reportOnce(Report{
			Pod: m.rec.Master.Pod, Warning: true, Reason: "WriteFenceNotTold",
			Message: m.rec.Master.Pod + " does not take min-replicas-to-write: " + errText(m.op.outcome[m.rec.Master.UID].Err),
		})
	}
}

// missed tells that the fence has to be lowered: at once when the replicas are known
// to be lost, else only if they do not come within a while, as after a failover.
func (m *Machine) missed(want int) bool {
	if m.following() < m.rec.Fence {
		return true
	}
	if m.starvingSince.IsZero() || m.starvingFor != want {
		m.starvingSince, m.starvingFor = m.now, want
	}
	return m.now.Sub(m.starvingSince) >= retryEvery
}

// following counts the instances that answer and were pointed at the master.
func (m *Machine) following() int {
	n := 0
	for _, i := range m.sorted() {
		if i.up() && i.snapshot.MasterAddr == m.rec.Master.Addr {
			n++
		}
	}
	return n
}

// fenceOf is the m that is told to a process with its promotion: as many as are
// sure to follow it, since they stand still with its data at this moment.
func (m *Machine) fenceOf(chosen *instance) int {
	followers := 0
	for _, i := range m.sorted() {
		done, read := m.op.read[i.pod.UID]
		if i != chosen && read && done.Err == nil && i.up() && i.holds(m.lineage()) && !m.balks(i) {
			followers++
		}
	}
	return min(m.set.Size/2, followers)
}
