package sentinel

import (
	"maps"
	"slices"
	"time"
)

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
	switch {
	case want > m.rec.Fence:
		m.changeFence("the write fence was raised", func(m *Machine) { m.raiseFence(want) })
	case want > 0 && m.takenOff():
		m.changeFence("the write fence was taken off by another hand", func(m *Machine) { m.raiseFence(want) })
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
// it asks for some.
func (m *Machine) fenceInDoubt() bool {
	return m.fenceTerm != m.term && m.rec.Fence > 0 && m.master().snapshot.Good(m.config().MaxLag) <= m.rec.Fence
}

// tellFence tells Redis what the record says.
func (m *Machine) tellFence() {
	m.step(commandWithin, func(m *Machine) {
		if !m.fenceTold() {
			m.drop(retryEvery)
			return
		}
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
			m.drop(retryEvery)
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

func (m *Machine) raiseFence(want int) {
	m.untold = true // until the record says the same
	m.step(commandWithin, func(m *Machine) {
		if !m.fenceTold() {
			m.drop(retryEvery)
			return
		}
		next := m.rec
		next.Fence = want
		m.commit(next, func(m *Machine) {
			m.untold = false
			m.drop(0)
		})
	}, m.setFence(want))
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
	next := m.rec
	next.Fence = want
	m.untold = true
	m.commit(next, func(m *Machine) {
		m.step(commandWithin, func(m *Machine) {
			m.untold = !m.fenceTold()
			m.drop(0)
		}, m.setFence(want))
	})
}

func (m *Machine) setFence(want int) Action {
	return SetFence{Process: m.rec.Master, Conn: m.op.read[m.rec.Master.UID].Conn, MinReplicas: want, MaxLag: m.config().MaxLag}
}

func (m *Machine) fenceTold() bool {
	done, ok := m.op.outcome[m.rec.Master.UID]
	if !ok || done.Err != nil {
		return false
	}
	m.fenceTerm = m.term
	return true
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
		if i != chosen && read && done.Err == nil && i.up() && i.holds(m.lineage()) {
			followers++
		}
	}
	return min(m.set.Size/2, followers)
}

// possibleMasters are the processes that may be writable by what the record says,
// with the m that each was told.
func (m *Machine) possibleMasters() []fenced {
	list := []fenced{}
	if m.rec.Master.UID != "" && m.without != "old master" {
		list = append(list, fenced{m.rec.Master, m.rec.Fence})
	}
	if m.rec.Target.UID != "" && m.without != "unfinished target" {
		list = append(list, fenced{m.rec.Target, m.rec.TargetFence})
	}
	return list
}

type fenced struct {
	process Process
	fence   int
}

// dangerous is the first possible master that is not proven harmless; nobody is
// promoted while there is one.
func (m *Machine) dangerous() (Process, bool) {
	for _, p := range m.possibleMasters() {
		if !m.harmless(p) {
			return p.process, true
		}
	}
	return Process{}, false
}

// harmless: the process is gone, or it answered in this operation that it is a
// replica, or it can find no replicas for its writes.
func (m *Machine) harmless(p fenced) bool {
	i := m.instances[p.process.UID]
	switch {
	case i == nil || i.link == LinkGone:
		return true
	case i.up() && !i.is(p.process):
		return true
	case i.is(p.process) && i.snapshot.Role == RoleReplica && m.answered(p.process.UID):
		return true
	}
	return m.starved(p)
}

func (m *Machine) answered(uid string) bool {
	done, ok := m.op.read[uid]
	return ok && done.Err == nil
}

// starved: fewer than m replicas can still be attached to it, and for so long that
// its own rule has stopped its writes. Members that ended before the operation began
// are waited out with it, whether this leader knew of them or not.
func (m *Machine) starved(p fenced) bool {
	return p.fence >= 1 && !m.op.frozenAt.IsZero() && !m.now.Before(m.op.frozenAt.Add(m.fenceTime())) && len(m.mayFeed(p.process, m.now)) < p.fence
}

// fenceTime is how long an acknowledgement lets a master take writes.
func (m *Machine) fenceTime() time.Duration { return m.config().MaxLag + maxLagSlack }

// stillAt is from when on nothing that a member acknowledged counts any more; zero if it
// may acknowledge again.
func (m *Machine) stillAt(i *instance) time.Time {
	since := m.op.still[i.pod.UID]
	if i.link == LinkGone {
		since = i.linkSince
	}
	if since.IsZero() {
		return since
	}
	return since.Add(m.fenceTime())
}

// keepEnded is longer than any master stays silent without somebody's hand.
const keepEnded = 24 * time.Hour

// part drops an instance whose pod is gone. What it acknowledged counts for a while.
// ended: its process is known to be gone, too.
func (m *Machine) part(uid string, ended bool) {
	if ended {
		maps.DeleteFunc(m.ended, func(_ Addr, at time.Time) bool { return m.now.Sub(at) > keepEnded })
		m.ended[m.instances[uid].addr] = m.now
	}
	delete(m.instances, uid)
	m.parted = slices.DeleteFunc(m.parted, func(at time.Time) bool { return m.now.Sub(at) > m.fenceTime() })
	m.parted = append(m.parted, m.now)
}

// mayFeed names the replicas whose acknowledgements may let a process take writes at
// a time: every member that was not detached, or not for long enough, also of those that
// are gone, and every stranger it listed. A member that ended after it was listed is none.
func (m *Machine) mayFeed(p Process, at time.Time) []string {
	var list []string
	known := map[Addr]bool{}
	for _, i := range m.sorted() {
		known[i.pod.Addr] = true
		until := m.stillAt(i)
		if i.pod.UID != p.UID && (until.IsZero() && i.link != LinkGone || at.Before(until)) {
			list = append(list, i.pod.Name)
		}
	}
	for _, parted := range m.parted {
		if at.Before(parted.Add(m.fenceTime())) {
			list = append(list, "one that ended")
		}
	}
	if i := m.instances[p.UID]; i != nil && i.snapshot != nil {
		for _, a := range i.snapshot.Attached {
			if !known[a.Addr] && !m.ended[a.Addr].After(i.asOf) {
				list = append(list, a.Addr.String())
			}
		}
	}
	return list
}
