package sentinel

import (
	"slices"
	"strings"
)

// Sets that keep nothing on their disks. A full resync puts a copy of the data on a disk for
// a while, and anybody can SAVE, so that a process may all the same find something at its
// start, of any age. Such data is never the set's: what was deleted since would be back, and
// nobody would be told that the set has lost its data.

// brought: the set is memory-only, and nothing tells that the process has anything but what
// it found at its start.
func (m *Machine) brought(i *instance) bool {
	return m.config().MemoryOnly && m.without != "memory only" && !i.linked &&
		!i.is(m.rec.Master) && !i.is(m.rec.Former) && !i.is(m.rec.Target)
}

// stale: it did find something, which nobody is to be served.
func (m *Machine) stale(i *instance) bool { return i.up() && i.snapshot.Keys > 0 && m.brought(i) }

// loadsOld: it is still loading what it found, since it follows nobody; a copy from a master
// may well be the data.
func (m *Machine) loadsOld(i *instance) bool { return i.snapshot.Fenced() && m.brought(i) }

// lostAtFirst: there is no record, and the only data is what processes found at their start.
func (m *Machine) lostAtFirst(chosen *instance) bool {
	return (chosen == nil || chosen.snapshot.Keys == 0) && (len(m.op.emptied) > 0 || slices.ContainsFunc(m.sorted(), m.stale))
}

// emptyStale empties all that are stale before anybody is promoted: none of them is read by
// clients as a replica of the new master either. It is tried once in an operation; false when
// there is nothing to do.
func (m *Machine) emptyStale() bool {
	var orders []Action
	for _, i := range m.sorted() {
		if m.answered(i.pod.UID) && m.stale(i) && !i.snapshot.Loading {
			orders = append(orders, Empty{Process: i.process(), Conn: m.op.read[i.pod.UID].Conn})
		}
	}
	if len(orders) == 0 || m.op.emptied != nil {
		return false
	}
	m.step(commandWithin, (*Machine).emptied, orders...)
	return true
}

// emptied reads all once more: the choice is made of what they have now.
func (m *Machine) emptied() {
	m.op.emptied = []string{}
	for _, i := range m.sorted() {
		if done, told := m.op.outcome[i.pod.UID]; told && done.Err == nil {
			m.op.emptied = append(m.op.emptied, i.pod.Name)
		}
	}
	if m.firstStart() {
		m.gather(inspect, (*Machine).chooseFirst)
		return
	}
	m.gather(freeze, (*Machine).chooseSuccessor)
}

// beginsWith says what the set has after a total loss.
func (m *Machine) beginsWith(chosen *instance) string {
	text := "the set begins again with what " + chosen.pod.Name + " has"
	if m.config().MemoryOnly && chosen.snapshot.Keys == 0 {
		text = "the set begins again, empty, with " + chosen.pod.Name
	}
	if len(m.op.emptied) > 0 {
		text += "; what " + strings.Join(m.op.emptied, ", ") + " found on disk is not the set's, which is memory-only, and was dropped"
	}
	return text
}
