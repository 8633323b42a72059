package sentinel

import (
	"slices"
	"time"
)

// What was seen of a process before the record named it says nothing about it: a
// replica of the service that hears of the record late may remember the process
// before, or the same one as the replica that it was. A leader asks before it acts
// on such a memory.

// unsure looks at the processes that the record names, if what is known of one of
// them is older than that, and tells whether it does.
func (m *Machine) unsure() bool {
	switch {
	case m.unasked(m.rec.Master):
		m.askVanished(m.rec.Master)
	case m.unasked(m.rec.Target):
		m.askVanished(m.rec.Target)
	case m.rec.Master.UID != "" && !m.takenAtWord() && m.doubtful(m.rec.Master, m.masterSince, RoleMaster):
		m.lookAt(m.rec.Master)
	case m.rec.Target.UID != "" && m.doubtful(m.rec.Target, m.targetSince, ""):
		m.lookAt(m.rec.Target)
	case m.addressless(m.rec.Master), m.addressless(m.rec.Target):
		m.lookForAddress()
	default:
		return false
	}
	return true
}

// doubtful: by what is known it is gone, or in another role, but that is older than
// the record's word.
func (m *Machine) doubtful(p Process, since time.Time, role Role) bool {
	i := m.instances[p.UID]
	switch {
	case i == nil, i.pod.Ended: // for good, whatever it was
		return false
	case i.link == LinkGone:
		return i.linkSince.Before(since)
	case !i.up() || i.asOf.After(since):
		return false
	}
	return !i.is(p) || role != "" && i.snapshot.Role != role
}

// takenAtWord: the very process that the record names as master answers, and was asked in vain
// what it is. What the record says of it is newer than what we know, and holds until it tells.
func (m *Machine) takenAtWord() bool {
	i := m.master()
	return i != nil && i.is(m.rec.Master) && !m.inVainSince.IsZero() && m.inVainSince.Equal(m.masterSince)
}

// lookAt asks one process. Of one that was gone and does not answer now, only the
// silence is known.
func (m *Machine) lookAt(p Process) {
	m.start(m.rec.Reason)
	m.step(commandWithin, func(m *Machine) {
		i, done := m.instances[p.UID], m.op.outcome[p.UID]
		if i != nil && i.link == LinkGone && !done.Gone {
			i.setLink(LinkSilent, m.now)
		}
		if m.answered(p.UID) || done.Gone {
			m.drop(0)
			return
		}
		m.dropInVain()
		if p.Same(m.rec.Master) && m.vain.times >= unreadTries {
			m.inVainSince = m.masterSince
		}
	}, Inspect{Process: p})
}

// addressless: it was never reached, and its pod has no address, as far as the watch knows.
func (m *Machine) addressless(p Process) bool {
	i := m.instances[p.UID]
	return i != nil && i.link == LinkNew && i.pod.Addr.IsZero() && m.without != "address of before"
}

// lookForAddress asks Kubernetes: the watch may be older than the record. Where the pod has
// none any more, as when its node was given up, nobody can ask the process, and it may still
// run: it is silent.
func (m *Machine) lookForAddress() {
	m.start(m.rec.Reason)
	m.step(commitWithin, (*Machine).addressLookedFor, ReadBack{})
}

func (m *Machine) addressLookedFor() {
	if !m.confirmed((*Machine).addressLookedFor) {
		return
	}
	for _, p := range []Process{m.rec.Master, m.rec.Target} {
		if m.addressless(p) {
			m.instances[p.UID].addr = p.Addr
			m.instances[p.UID].setLink(LinkSilent, m.now)
		}
	}
	m.dropInVain()
}

// unasked: there is no pod of it any more, and nobody has asked the process itself in this term.
// Its pod may have been deleted by force: as long as it answers it is what the record says.
func (m *Machine) unasked(p Process) bool {
	return p.UID != "" && !p.Addr.IsZero() && m.instances[p.UID] == nil && !m.taken(p.Addr) &&
		!slices.Contains(m.askedGone, p.UID)
}

// askVanished asks it. One that answers is kept as those are whose pod vanishes while they do.
func (m *Machine) askVanished(p Process) {
	m.start(m.rec.Reason)
	begun := m.now
	m.step(commandWithin, func(m *Machine) {
		m.noteAsked(p.UID)
		if done := m.op.outcome[p.UID]; done.Err == nil && done.Snapshot != nil && m.instances[p.UID] == nil {
			i := &instance{vitals: NewVitals(m.now), linkSince: m.now, addr: p.Addr}
			i.pod = Pod{Name: p.Pod, UID: p.UID, ContainerID: p.ContainerID, Addr: p.Addr, Announce: p.Announce, Terminating: true}
			m.instances[p.UID] = i
			m.see(i, *done.Snapshot, when{begun, done.At})
		}
		m.drop(0)
	}, Inspect{Process: p})
}

// askedMost is more than a record names.
const askedMost = 4

// noteAsked: what can be known of a process without a pod is known.
func (m *Machine) noteAsked(uid string) {
	m.askedGone = append(m.askedGone, uid)
	m.askedGone = m.askedGone[max(0, len(m.askedGone)-askedMost):]
}
