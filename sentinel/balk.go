package sentinel

import "time"

// One that answers and refuses at once to follow nobody, as with an ACL without REPLICAOF. It
// may be the best replica and may refuse for a moment only, so it is told again for as long as
// those are waited for that are slow. After that it is asked what it is and no more: a replica
// that says so is no second master, though it moves on, and no candidate either.

// balking is how a process takes the order to stand still in this operation.
type balking struct {
	refusing
	process Process
	since   time.Time // of its first refusal
	told    bool      // the order is under way
}

// tellToStand notes that the order goes out.
func (m *Machine) tellToStand(i *instance) {
	b := m.op.balks[i.pod.UID]
	if b == nil || !i.is(b.process) {
		b = &balking{process: i.process()}
		m.op.balks[i.pod.UID] = b
	}
	b.told = true
}

// noteStanding takes in what came of it.
func (m *Machine) noteStanding(uid string, o Done) {
	b := m.op.balks[uid]
	switch {
	case b == nil:
		return
	case !b.told:
		if o.Err != nil { // it cannot be read either: it may as well be told
			delete(m.op.balks, uid)
		}
		return
	case o.Err == nil || o.Detached || o.Gone:
		delete(m.op.balks, uid)
		return
	case b.since.IsZero():
		b.since = m.now
	}
	b.told = false
	b.refused(m.now, retryEvery/10, refusedMost)
	b.why = errText(o.Err)
}

// balks: it had its tries, and the next one has to wait.
func (m *Machine) balks(i *instance) bool {
	if m.op == nil {
		return false
	}
	b := m.op.balks[i.pod.UID]
	return b != nil && i.is(b.process) && b.times >= looseTries && b.holds(m.now) &&
		!m.now.Before(b.since.Add(m.gatherTime()))
}

// whyMoving says why one does not stand still that was told to, "" where it does, or was not
// told often enough.
func (m *Machine) whyMoving(i *instance) string {
	switch {
	case !m.disobeys(i):
		return ""
	case m.balks(i):
		return "refuses to follow nobody: " + m.op.balks[i.pod.UID].why
	}
	return "does not stand still when it is told to follow nobody"
}
