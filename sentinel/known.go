package sentinel

import (
	"math"
	"slices"
	"time"
)

// What is known about the master.

// master is the instance of the record's master; nil only if masterGone.
func (m *Machine) master() *instance { return m.instances[m.rec.Master.UID] }

// masterGone: the process that the record names does not exist any more.
func (m *Machine) masterGone() bool { return m.gone(m.rec.Master) }

// gone: this process does not exist any more. Silence is no proof; a vanished pod, a
// refused connection and another run id are, also once the successor is silent.
func (m *Machine) gone(p Process) bool {
	i := m.instances[p.UID]
	return i == nil || i.link == LinkGone || i.up() && i.snapshot.RunID != p.RunID || slices.Contains(i.replaced, p.RunID)
}

// masterDeposed: the process is the right one, but it is no master any more. That it was none
// before the record named it tells nothing.
func (m *Machine) masterDeposed() bool {
	i := m.master()
	return i != nil && i.is(m.rec.Master) && i.snapshot.Role != RoleMaster && i.asOf.After(m.masterSince)
}

// restarted: nothing tells that the process has more than what it found on its disk. A
// restart ends a process, so one that the record names has none behind it.
func (m *Machine) restarted(i *instance) bool {
	return !i.attached && !i.is(m.rec.Master) && !i.is(m.rec.Former) && !i.is(m.rec.Target)
}

// doomed: the instance is about to go, or it lies beyond the wanted size of the set.
func (m *Machine) doomed(i *instance) bool {
	return i.pod.Doomed() || m.beyond(i)
}

// beyond: the set has become smaller, and nobody comes in its pod's place.
func (m *Machine) beyond(i *instance) bool {
	outside := i.pod.Ordinal < m.set.First || i.pod.Ordinal >= m.set.First+m.set.Size
	return m.set.Owner != "" && m.set.Size > 0 && outside
}

// successor is the choice of one to hand over to.
func (m *Machine) successor(read map[string]Done) choice {
	return choice{
		lineage: m.lineage(), promotions: m.promotions(), avoid: m.place(), read: read,
		linkedTo: m.rec.Master.Addr, refuseDoomed: true, bridges: m.bridges(), not: m.rec.Master.UID, most: m.mostOffset(),
	}
}

// bridges is who may be master until the successor of the master's pod is there, where the
// whole set is about to go: as when it becomes smaller and its template changes at once. The
// master would wait for its own successor, which does not come before it has ended; a pod
// that goes for good waits for one that can come. Nil where somebody stays, or nobody comes.
func (m *Machine) bridges() func(*instance) bool {
	if i := m.master(); i == nil || !m.doomed(i) || m.beyond(i) {
		return nil
	}
	for _, i := range m.instances {
		if !m.doomed(i) {
			return nil
		}
	}
	return m.beyond
}

// streamMost is more than a master writes in a second, in bytes: a link of 100 Gbit/s.
const streamMost = 16 << 30

// mostOffset is what nobody who followed the master can be beyond, since it was nowhere near
// when it was read last; 0 when it never was. Who claims more is no replica, whatever its
// replication id says.
func (m *Machine) mostOffset() int64 {
	if m.masterRead.begun.IsZero() {
		return 0
	}
	since := int64(m.now.Sub(m.masterRead.begun)/time.Second) + 1
	if since > (math.MaxInt64-m.masterLineage.Offset)/streamMost {
		return 0
	}
	return m.masterLineage.Offset + since*streamMost
}

// followed: the master listed it as attached and near when it was read last, and it has
// not restarted since. With foreign addresses all have to be near that may be it.
func (m *Machine) followed(i *instance) bool {
	near := func(a Attached) bool { return a.Online && a.Lag <= m.config().MaxLag }
	if master := m.master(); master != nil && !lists(m.masterReplicas, i.pod.Addr) && i.streams.cover(master.pod.Addr, m.masterRead) {
		foreign := m.foreign(m.masterReplicas, m.masterRead)
		return !m.restarted(i) && len(foreign) > 0 && !slices.ContainsFunc(foreign, func(a Attached) bool { return !near(a) })
	}
	return !m.restarted(i) && slices.ContainsFunc(m.masterReplicas, func(a Attached) bool { return a.Addr == i.pod.Addr && near(a) })
}

// lineage lists the replication ids of the master's data, newest first. What was only heard
// of counts when the master cannot be asked, and after all that the record knows.
func (m *Machine) lineage() []string {
	ids := []string{m.targetLineage().ReplID, m.masterLineage.ReplID, m.rec.Lineage.ReplID, m.rec.Lineage.ReplID2}
	if i := m.master(); i != nil && i.is(m.rec.Master) {
		return ids
	}
	return append(ids, m.heardID)
}

// noteHeard takes the id from a replica that follows the master, or did until it ended,
// where the record was written before the master had any: its data gets another id with the
// first one (syncCommand makes the backlog). Whoever had the record's ids died with the master.
func (m *Machine) noteHeard(i *instance) {
	s := i.snapshot
	if i.up() && i.attached && m.rec.Lineage.alone() && s.Role == RoleReplica && s.MasterAddr == m.rec.Master.Addr && !s.SyncInProgress {
		m.heardID = s.ReplID
	}
}

// promotions are the same lineages, the oldest first.
func (m *Machine) promotions() []Lineage {
	return []Lineage{m.rec.Lineage, m.masterLineage, m.targetLineage()}
}

// targetLineage is what the record's target took with its promotion, when nobody
// lived to hear of it: it has the master's data under its second id by then, and what
// was written to it since.
func (m *Machine) targetLineage() Lineage {
	i := m.instances[m.rec.Target.UID]
	if i == nil || !i.is(m.rec.Target) {
		return Lineage{}
	}
	switch i.snapshot.ReplID2 {
	case "":
	case m.masterLineage.ReplID, m.rec.Lineage.ReplID, m.rec.Lineage.ReplID2:
		return i.snapshot.Lineage()
	}
	return Lineage{}
}

// serving: this is the record's master, and was seen as a master since the record says
// so. A process that was made master once more has another replication id than before.
func (m *Machine) serving(i *instance) bool {
	return i.is(m.rec.Master) && i.snapshot.Role == RoleMaster && i.asOf.After(m.masterSince)
}
