package sentinel

import (
	"maps"
	"slices"
	"time"
)

// Who may still be a master beside the next one. Nobody is promoted while there is one
// that is not proven harmless.

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
// replica, whether or not it stands still, or was made one, or it can find no replicas for its writes; or a person takes
// the silent one upon himself.
func (m *Machine) harmless(p fenced) bool {
	i := m.instances[p.process.UID]
	switch {
	case m.gone(p.process):
		return true
	case i.is(p.process) && i.snapshot.Role == RoleReplica && m.answered(p.process.UID):
		return true
	case i.is(p.process) && m.op.read[p.process.UID].Detached:
		return true
	case i.link != LinkUp:
		if by := m.byHand(); by != nil && m.answered(by.pod.UID) { // who is read, and will be master
			return true
		}
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

// fenceTime is how long an acknowledgement lets a master take writes, by the longest
// min-replicas-max-lag that one may have been told: a person may have shortened it since.
func (m *Machine) fenceTime() time.Duration {
	seconds := max(wholeSeconds(m.config().MaxLag), m.rec.FenceMaxLag, m.rec.TargetFenceMaxLag)
	if m.without == "told lag" {
		seconds = wholeSeconds(m.config().MaxLag)
	}
	return time.Duration(seconds)*time.Second + maxLagSlack
}

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
		m.streamsEnded = slices.DeleteFunc(m.streamsEnded, func(l streams) bool { return m.now.Sub(l.last().until) > keepEnded })
		if l := m.instances[uid].streams; len(l) > 0 {
			l.end(m.now)
			m.streamsEnded = append(m.streamsEnded, l)
		}
	}
	m.noteAsked(uid)
	delete(m.instances, uid)
	m.parted = slices.DeleteFunc(m.parted, func(at time.Time) bool { return m.now.Sub(at) > m.fenceTime() })
	m.parted = append(m.parted, m.now)
}

// mayFeed names the replicas whose acknowledgements may let a process take writes at
// a time: every member that was not detached, or not for long enough, also of those that
// are gone, and every stranger.
func (m *Machine) mayFeed(p Process, at time.Time) []string {
	var list []string
	for _, i := range m.sorted() {
		until := m.stillAt(i)
		if i.pod.UID == p.UID || i.neverRan() && m.without != "never ran" {
			continue
		}
		if until.IsZero() && i.link != LinkGone || at.Before(until) {
			list = append(list, i.pod.Name)
		}
	}
	for _, parted := range m.parted {
		if at.Before(parted.Add(m.fenceTime())) {
			list = append(list, "one that ended")
		}
	}
	return append(list, m.strangers(p)...)
}
