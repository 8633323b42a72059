package sentinel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// What lasts and hurts, and is no reason to promote anybody: a person can mend it. Every
// replica of the service shows it for as long as it lasts; the leader tells it once, when it
// begins.

// The reasons of conditions.
const (
	// SyncsRepeat: full syncs are begun again and again, and none comes to its end.
	SyncsRepeat = "SyncsRepeat"
	// ReplicaNotInSync: a replica that answers is not in sync for a long time with a master
	// that serves.
	ReplicaNotInSync = "ReplicaNotInSync"
	// MemoryNearLimit: a process takes nearly all that its container may have, beyond which
	// the kernel kills it.
	MemoryNearLimit = "MemoryNearLimit"
)

const (
	// unsyncedLeast is how long a replica may take to get in sync where failover-timeout,
	// which people raise for large data, is shorter.
	unsyncedLeast = time.Minute
	// syncsAgain is how often a full sync may be begun anew before that is told.
	syncsAgain = 2
)

// Condition is one such state.
type Condition struct {
	Reason  string // CamelCase, as Kubernetes Events have it
	Pod     string
	Since   time.Time
	Message string // of the moment in which it began, as far as it has figures
}

// same tells whether two are one that lasts.
func (c Condition) same(d Condition) bool {
	return c.Reason == d.Reason && c.Pod == d.Pod && c.Since.Equal(d.Since)
}

// syncs are the full syncs of the master that serves.
type syncs struct {
	master Process
	// before are those that it had begun, as far as that is known, when a replica got in sync
	// last, or all were, which was at since.
	before int64
	known  bool
	since  time.Time
	repeat bool
}

// noteConditions finds out what holds now.
func (m *Machine) noteConditions() {
	m.noteSyncs()
	var found []Condition
	for _, i := range m.instances {
		if m.longUnsynced(i) {
			found = append(found, Condition{Reason: ReplicaNotInSync, Pod: i.pod.Name, Since: i.unsyncedSince, Message: m.tellUnsynced(i)})
		}
		if m.nearLimit(i) {
			found = append(found, m.condition(MemoryNearLimit, i, m.now, tellMemory))
		}
		if m.syncs.repeat && i == m.master() {
			found = append(found, m.condition(SyncsRepeat, i, m.syncs.since, m.tellSyncs))
		}
	}
	slices.SortFunc(found, func(a, b Condition) int {
		return cmp.Or(cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Pod, b.Pod))
	})
	m.conditions = found
}

// condition is the one that lasts, or a new one.
func (m *Machine) condition(reason string, i *instance, since time.Time, text func(*instance) string) Condition {
	if at := m.findCondition(reason, i); at >= 0 {
		return m.conditions[at]
	}
	return Condition{Reason: reason, Pod: i.pod.Name, Since: since, Message: text(i)}
}

func (m *Machine) findCondition(reason string, i *instance) int {
	return slices.IndexFunc(m.conditions, func(c Condition) bool { return c.Reason == reason && c.Pod == i.pod.Name })
}

// noteSyncs takes in who is in sync with the master, and how many full syncs it took. What
// cannot be seen while the master is not read stays as it was.
func (m *Machine) noteSyncs() {
	if m.rec.Phase != Stable || !m.rec.Master.Same(m.syncs.master) {
		m.syncs = syncs{}
		for _, i := range m.instances {
			i.unsyncedSince = time.Time{}
		}
	}
	master := m.master()
	if m.rec.Phase != Stable || master == nil || !m.serving(master) {
		return
	}
	joined := false
	for _, i := range m.instances {
		switch {
		case i == master || m.doomed(i):
			i.unsyncedSince = time.Time{}
		case m.inSync(i):
			joined = joined || !i.unsyncedSince.IsZero()
			i.unsyncedSince = time.Time{}
		case i.up() && i.unsyncedSince.IsZero():
			i.unsyncedSince = m.now
		}
	}
	given, waiting := master.snapshot.FullSyncs, len(m.unsynced())
	if joined || waiting == 0 || !m.syncs.known {
		m.syncs = syncs{master: m.rec.Master, before: given, known: master.snapshot.Resident > 0, since: m.now}
	}
	// Each that waits may have begun one.
	if given-m.syncs.before-int64(waiting) >= syncsAgain {
		m.syncs.repeat = true
	}
}

// inSync: it has taken its copy, and gets what the master takes in.
func (m *Machine) inSync(i *instance) bool {
	return m.followsWell(i) && !i.snapshot.SyncInProgress && !i.snapshot.Loading
}

// unsynced names those that are not, also when they end again and again meanwhile.
func (m *Machine) unsynced() []string {
	var names []string
	for _, i := range m.instances {
		if !i.unsyncedSince.IsZero() {
			names = append(names, i.pod.Name)
		}
	}
	slices.Sort(names)
	return names
}

func (m *Machine) unsyncedMost() time.Duration { return max(unsyncedLeast, m.config().FailoverTimeout) }

func (m *Machine) longUnsynced(i *instance) bool {
	return !i.unsyncedSince.IsZero() && m.now.Sub(i.unsyncedSince) >= m.unsyncedMost()
}

// nearLimit: from nine tenths of the limit on, until it takes less than eight.
func (m *Machine) nearLimit(i *instance) bool {
	if !i.up() || i.pod.MemoryLimit == 0 {
		return false
	}
	tenths := int64(9)
	if m.findCondition(MemoryNearLimit, i) >= 0 {
		tenths = 8
	}
	return i.snapshot.takes() >= i.pod.MemoryLimit/10*tenths
}

// takes is the memory of the process and its child, in bytes.
func (s Snapshot) takes() int64 { return s.Resident + s.CopyOnWrite }

const mebibyte = 1 << 20

func tellMemory(i *instance) string {
	text := fmt.Sprintf("%s takes %d MiB of the %d MiB that its container may have", i.pod.Name, i.snapshot.takes()/mebibyte, i.pod.MemoryLimit/mebibyte)
	if child := i.snapshot.CopyOnWrite / mebibyte; child > 0 {
		text += fmt.Sprintf(", %d of them in a child that writes a copy of the data", child)
	}
	return text
}

func (m *Machine) tellSyncs(master *instance) string {
	return fmt.Sprintf("%s began %d full syncs within %s; still not in sync: %s",
		master.pod.Name, master.snapshot.FullSyncs-m.syncs.before, m.now.Sub(m.syncs.since).Round(time.Second), strings.Join(m.unsynced(), ", ")) + m.tellPrograms(master)
}

func (m *Machine) tellUnsynced(i *instance) string {
	why := "its link is down"
	switch {
	case !i.up():
		why = "it does not answer"
	case i.snapshot.Loading:
		why = "it is loading"
	case i.snapshot.MasterAddr != m.rec.Master.Addr:
		why = "it does not follow it yet"
	case i.snapshot.SyncInProgress:
		why = "a full sync is under way"
	}
	return fmt.Sprintf("%s has not been in sync with %s for %s: %s", i.pod.Name, m.rec.Master.Pod, m.unsyncedMost(), why) + m.tellPrograms(m.master())
}

// tellConditions tells those that are new in this term.
func (m *Machine) tellConditions() {
	t := &m.telling
	t.conditions = slices.DeleteFunc(t.conditions, func(c Condition) bool { return !slices.ContainsFunc(m.conditions, c.same) })
	for _, c := range m.conditions {
		r := Report{Pod: c.Pod, Warning: true, Reason: c.Reason, Message: c.Message}
		if !slices.ContainsFunc(t.conditions, c.same) && t.room(m.now, r) {
			t.conditions = append(t.conditions, c)
			m.report(r)
		}
	}
}
