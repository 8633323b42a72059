package sentinel

import (
	"fmt"
	"slices"
	"time"
)

// Who is waited for when no process lives that followed the master, and for how long.

// togetherWait is for those that come back with the first one after all were away for
// long, while nobody has brought any data.
const togetherWait = 2 * time.Second

// reachedWithin is how long it may take until one that runs is known to: addresses where
// nobody listened are tried twice a second. Before a set begins without its data all have
// been heard who were back within the wait.
const reachedWithin = time.Second

// loss is what is known of the time in which nobody can be promoted.
type loss struct {
	// firstUp is when it began; in a set without a record, when the first instance was reached.
	firstUp time.Time
	// heirs are those with the master's data from their disks, anybody all that are up.
	heirs, anybody presence
	// heardAt is when somebody told last, in a set without a record, whom it hears of elsewhere,
	// and heardBy who that was.
	heardAt time.Time
	heardBy string
	// waitedOut are the run ids of those that did not answer for as long as that is waited for.
	waitedOut []string
}

// presence is since when somebody is there, zero while nobody is, and for how long somebody
// was before that.
type presence struct {
	since  time.Time
	before time.Duration
}

func (p *presence) note(there bool, now time.Time) {
	switch {
	case there && p.since.IsZero():
		p.since = now
	case !there && !p.since.IsZero():
		p.before += now.Sub(p.since)
		p.since = time.Time{}
	}
}

// until is when they will have been there for so long. Whoever is there after nobody was
// has the rest of it, so that one that comes and goes does not wait for ever.
func (p *presence) until(wait time.Duration) time.Time { return p.since.Add(wait - p.before) }

// lostSince is when we first found nobody to promote.
func (m *Machine) lostSince() time.Time {
	if m.firstUp.IsZero() {
		m.firstUp = m.now
	}
	return m.firstUp
}

// patience is how long to wait before a refused operation is tried again: short
// while pods come and go, then sparing the API server.
func (m *Machine) patience() time.Duration {
	last := m.lostSince()
	for _, i := range m.instances {
		if i.up() && i.linkSince.After(last) {
			last = i.linkSince
		}
	}
	if m.now.Before(last.Add(coldStartWait)) {
		return retryEvery / 5
	}
	return 2 * retryEvery
}

// whoIsBack looks soon at one that was not there before, when somebody is waited for.
func (m *Machine) whoIsBack() {
	if soon := m.now.Add(retryEvery / 5); !m.firstUp.IsZero() && m.pauseUntil.After(soon) {
		m.pauseUntil = soon
	}
}

// whoIsThere notes who is back at the end of a choice.
func (m *Machine) whoIsThere(chosen *instance) {
	anybody := false
	for _, i := range m.instances {
		anybody = anybody || i.up()
	}
	m.heirs.note(chosen != nil && m.restarted(chosen), m.now)
	m.anybody.note(anybody, m.now)
}

// newerOnDisk: the chosen one has but what it found on its disk, since no process lives
// that followed the master. Others are waited for as at a first start: what they have
// may be newer. The wait begins with the first one that is back, since all may have been
// away for longer than it, as in CrashLoopBackOff.
func (m *Machine) newerOnDisk(chosen *instance) (bool, string) {
	until := m.heirs.until(coldStartWait)
	if m.without == "first back" {
		until = m.lostSince().Add(coldStartWait)
	}
	if !m.restarted(chosen) || !m.now.Before(until) {
		return false, ""
	}
	return m.mayComeBack(until)
}

// emptyUntil is until when pods are waited for before the set begins with what there is.
// Where somebody has brought data of another lineage, others may bring this one.
func (m *Machine) emptyUntil() time.Time {
	wait := togetherWait
	for _, i := range m.instances {
		if i.up() && i.snapshot.Keys > 0 && !m.stale(i) {
			wait = coldStartWait
		}
	}
	lost, back := m.lostSince().Add(coldStartWait), m.anybody.until(wait+reachedWithin)
	if back.After(lost) {
		return back
	}
	return lost
}

// mayComeBack names a reason to wait: a process that is silent or loading and may hold the
// data (for failover-timeout), or a pod that is still to come (until then).
func (m *Machine) mayComeBack(until time.Time) (bool, string) {
	patient := m.now.Before(m.lostSince().Add(m.config().FailoverTimeout))
	// Who is there has that long from when somebody came back: all may have been away for longer.
	patientHere := patient || !m.anybody.since.IsZero() && m.now.Before(m.anybody.until(m.config().FailoverTimeout))
	here := 0
	for _, i := range m.sorted() {
		silent := i.link == LinkSilent || i.link == LinkNew && !i.pod.Addr.IsZero()
		switch {
		case i.up() && !m.answered(i.pod.UID) && patientHere:
			return true, i.pod.Name + " was not read and may hold the data: " + errText(m.op.read[i.pod.UID].Err)
		case i.up() && i.promotion.passedOver(m.now) && patientHere:
			return true, i.pod.Name + " may hold the data and refuses its promotion: " + i.promotion.why
		case i.up() && i.snapshot.Loading && patientHere && !m.loadsOld(i):
			return true, i.pod.Name + " is loading what may be the data"
		case m.disobeys(i) && m.balks(i) && patientHere:
			return true, i.pod.Name + " may hold the data and " + m.whyMoving(i)
		case i.up() && !m.doomed(i) && m.answered(i.pod.UID) && (!i.snapshot.Loading || m.loadsOld(i)):
			here++
		case silent && patient:
			return true, i.pod.Name + " is silent and may hold the data"
		case i.refused && i.link == LinkGone && i.pod.UID == m.rec.Master.UID && !m.keptOut(i):
			return true, i.pod.Name + " refuses the connections of this service, and may hold the data by its kubelet's word"
		}
	}
	if here < m.set.Size && m.now.Before(until) {
		return true, fmt.Sprintf("%d of %d pods are up", here, m.set.Size)
	}
	return false, ""
}

// loadsNewer is one that has the master's copy and loads it, while the chosen one has older
// data: as when both had fallen out of the stream, and the master ended of that very copy.
func (m *Machine) loadsNewer(chosen *instance) *instance {
	if m.followed(chosen) || chosen.is(m.rec.Master) || !m.now.Before(m.lostSince().Add(m.config().FailoverTimeout)) {
		return nil
	}
	for _, i := range m.sorted() {
		if i.up() && i.snapshot.Loading && i.snapshot.Role == RoleReplica && i.snapshot.MasterAddr == m.rec.Master.Addr {
			return i
		}
	}
	return nil
}

// unwilling tells of one that has the data and may not be chosen, "" where there is none. It
// may come to its senses, and a person may want it to be master: the data is not lost.
func (m *Machine) unwilling(c choice) string {
	for _, i := range m.sorted() {
		switch {
		case !i.up() || !m.answered(i.pod.UID) || m.stale(i) || c.age(i) < 0 || c.most > 0 && i.snapshot.Offset > c.most:
		case m.disobeys(i) && !m.balks(i):
			return i.pod.Name + ", which has the data, does not stand still when it is told to"
		case i.snapshot.Priority == 0 && !i.snapshot.SyncInProgress && !i.snapshot.Loading && !m.restarted(i):
			return i.pod.Name + ", which has the data, has replica-priority 0"
		}
	}
	return ""
}

// missesAnswer: somebody answered that he cannot answer, and may have the most data. He is
// waited for as those are that are only slow: what passes by itself, as BUSY or too many
// clients, often does within that time. He is asked twice at least, since it may be the API server
// that took so long, and once for a loss: after that no more often than all others.
func (m *Machine) missesAnswer() bool {
	late := !m.now.Before(m.op.gathered.Add(m.gatherTime()))
	return m.without != "ask again" && slices.ContainsFunc(m.sorted(), func(i *instance) bool {
		return m.unanswered(i) && (!late || m.op.asked[i.snapshot.RunID] <= 1)
	})
}

// unanswered: it did not answer, and was not waited for in vain before.
func (m *Machine) unanswered(i *instance) bool {
	return i.up() && !m.answered(i.pod.UID) && !slices.Contains(m.waitedOut, i.snapshot.RunID)
}

// noteWaitedOut notes those that were waited for in vain.
func (m *Machine) noteWaitedOut() {
	for _, i := range m.sorted() {
		if m.unanswered(i) {
			m.waitedOut = append(m.waitedOut, i.snapshot.RunID)
		}
	}
}
