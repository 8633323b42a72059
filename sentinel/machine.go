package sentinel

import (
	"cmp"
	"slices"
	"time"
)

// Machine decides about one master. It is fed with observations and gives back
// orders; it has no clock, no connection and no goroutine of its own, and is used
// by one goroutine at a time. The same observations give the same orders.
//
// On a replica of the service that does not lead it gives no orders, and serves
// to make the View alone.
type Machine struct {
	name    string
	now     time.Time
	set     Set
	hasSet  bool
	rec     Record
	leading bool
	term    uint64

	instances map[string]*instance // by pod UID
	op        *operation
	nextID    uint64
	out       []Order
	view      *View

	// masterReplID is the replication id that the record's master showed last. It
	// is kept beyond the master's end: the record may not have caught up with it.
	masterReplID string
	// masterSince is when the record's master was learnt, targetSince its target.
	masterSince, targetSince time.Time
	// firstUp is when the first instance of a set without a record was reached.
	firstUp time.Time
	// pauseUntil holds back the next operation after one that came to nothing.
	pauseUntil time.Time
	// later is the newest record that was seen while an operation was under way.
	later *Record
	// termWritten is the last term under which this machine wrote the record.
	termWritten uint64
	// without names the one fence that a simulation leaves out, to show that it is
	// needed: "old master", "unfinished target", "fence order", "freeze". Always
	// empty outside of that test.
	without string
	// changedAt is when an instance last came, went or restarted.
	changedAt time.Time
	// starvingSince is since when the master has fewer replicas than its fence, of
	// which starvingFor remained.
	starvingSince time.Time
	starvingFor   int
	// untold: the write fence was lowered in the record and Redis did not hear of it.
	untold bool
	// switchAt holds back a switchover that was refused or undone; the rest goes on.
	switchAt time.Time
	// absent stands for a master without a pod.
	absent *instance
	// reported is the last refusal that was told, so that it is told once.
	reported string
}

// NewMachine returns the machine of one master, which knows nothing yet.
func NewMachine(name string) *Machine {
	return &Machine{name: name, instances: map[string]*instance{}}
}

// Step takes one observation and returns what is to be done.
func (m *Machine) Step(now time.Time, o Observation) []Order {
	m.now = now
	o.observe(m)
	if m.leading && m.hasSet {
		m.decide()
	}
	m.view = m.makeView()
	out := m.out
	m.out = nil
	return out
}

// decide goes on until nothing more is to be decided at this moment. Each round
// either sends an order off, waits, or ends an operation; the bound only guards
// against a mistake in here.
func (m *Machine) decide() {
	for range 8 {
		if m.op != nil {
			if !m.ready() {
				return
			}
			next := m.op.then
			m.op.then = nil
			next(m)
			continue
		}
		if m.now.Before(m.pauseUntil) || !m.beginSomething() {
			return
		}
	}
}

// beginSomething looks at the phase and at the master, and starts the operation
// that they call for. It is the table of sentinel/doc.go.
func (m *Machine) beginSomething() bool {
	switch {
	case m.rec.Removed:
		return false
	case m.overtaken():
		return false
	case !m.rec.Exists():
		return m.coldStart()
	case m.unsure():
		return true
	case m.rec.Phase == Promoting:
		return m.resumePromotion()
	case m.rec.Phase == Switching:
		return m.resumeSwitch()
	case m.rec.Phase == Failing:
		return m.resumeFailing()
	case m.masterGone():
		return m.beginFailover("the master's process is gone")
	case m.masterDeposed():
		return m.beginFailover("the master was made a replica by another hand")
	case m.masterSilent():
		return m.beginFailing()
	case m.doomed(m.master()) && !m.now.Before(m.switchAt):
		return m.beginSwitch("the master's pod is about to go")
	case m.rec.Requested != nil:
		return m.beginSwitch("asked for by " + m.rec.Requested.By)
	default:
		return m.reconcile()
	}
}

// overtaken: a leader of a newer term wrote the record, so this one does not lead any
// more, and has not heard of it yet. The connections of the newer one are not cut by
// ours, so what it has under way could meet whatever we did.
func (m *Machine) overtaken() bool { return m.rec.Term > m.term }

// The observations.

func (o SetSeen) observe(m *Machine) {
	m.set, m.hasSet = o.Set, true
	m.takePods(o.Set.Pods)
}

// observe keeps the record for later while an operation is under way. Its next commit
// has to meet the very record that was decided upon: taken over in between, a newer one
// would lend its version to a decision that knows nothing of it.
func (o RecordSeen) observe(m *Machine) {
	if m.op != nil {
		m.later = &o.Record
		return
	}
	m.takeRecord(o.Record)
}

// takeLater takes over the record that came while an operation was under way.
func (m *Machine) takeLater() {
	if m.later != nil {
		r := *m.later
		m.later = nil
		m.takeRecord(r)
	}
}

func (o LeaderSeen) observe(m *Machine) {
	if m.leading != o.Leading || m.term != o.Term {
		// What was timed or begun before is no evidence for the new term.
		m.op, m.firstUp, m.pauseUntil = nil, time.Time{}, time.Time{}
		m.takeLater()
		for _, i := range m.instances {
			i.order, i.retryAt = 0, time.Time{}
		}
	}
	m.leading, m.term = o.Leading, o.Term
}

func (o InstanceSeen) observe(m *Machine) {
	i := m.instances[o.UID]
	switch {
	case i == nil:
	case !m.inSet(o.UID) && i.snapshot != nil && i.snapshot.RunID != o.Snapshot.RunID:
		delete(m.instances, o.UID) // the address is somebody else's by now
	default:
		m.see(i, o.Snapshot, o.At)
	}
}

func (m *Machine) see(i *instance, s Snapshot, at time.Time) {
	if !i.up() || i.snapshot.RunID != s.RunID || i.snapshot.LinkUp != s.LinkUp {
		m.changedAt = m.now
	}
	i.see(s, at, m.now)
	m.noteMaster(i)
}

func (o InstanceLost) observe(m *Machine) {
	if i := m.instances[o.UID]; i != nil {
		i.setLink(o.Loss, m.now)
		m.changedAt = m.now
		if o.Loss == LinkGone && !m.inSet(o.UID) {
			delete(m.instances, o.UID)
		}
	}
}

func (o Done) observe(m *Machine) {
	for uid, i := range m.instances {
		if i.order == o.ID {
			i.order = 0
			if o.Err != nil {
				i.retryAt = m.now.Add(retryEvery)
			}
			m.takeOutcome(uid, o)
		}
	}
	if m.op != nil {
		if uid, ok := m.op.waiting[o.ID]; ok {
			delete(m.op.waiting, o.ID)
			m.op.outcome[uid] = o
			m.tookReading(uid, o)
			m.takeOutcome(uid, o)
		}
	}
}

func (Tick) observe(*Machine) {}

func (m *Machine) tookReading(uid string, o Done) {
	if uid == "" {
		return
	}
	if before, again := m.op.read[uid]; again {
		o.Conn = before.Conn // of the reading, which is older than the commit that followed it
	}
	m.op.read[uid] = o
	if i := m.instances[uid]; i != nil && m.op.purging && o.Err == nil {
		i.purgedTerm = m.term
	}
}

// takeOutcome lets an instance know what an order showed of it.
func (m *Machine) takeOutcome(uid string, o Done) {
	i := m.instances[uid]
	if i == nil {
		return
	}
	switch {
	case o.Snapshot != nil:
		m.see(i, *o.Snapshot, o.At)
	case o.Gone:
		i.setLink(LinkGone, m.now)
	}
}

// takeRecord takes a record over unless a newer one is known. Of a Lease that was
// deleted the epoch is kept: it must never fall.
func (m *Machine) takeRecord(r Record) {
	if r.Exists() && r.Seq < m.rec.Seq {
		return
	}
	m.believe(r)
}

// believe takes a record over as the truth, be it older than ours or none at all.
func (m *Machine) believe(r Record) {
	r.Epoch = max(r.Epoch, m.rec.Epoch)
	m.forget(r)
	again := r.Phase == Stable && (m.rec.Phase != Stable || r.Epoch != m.rec.Epoch)
	if again || !r.Master.Same(m.rec.Master) {
		m.masterReplID, m.masterSince = "", m.now
	}
	if !r.Target.Same(m.rec.Target) {
		m.targetSince = m.now
	}
	m.rec = r
	if i := m.instances[r.Master.UID]; i != nil {
		m.noteMaster(i)
	}
}

// noteMaster: what was read of it before it was made master names an older lineage.
func (m *Machine) noteMaster(i *instance) {
	if i.is(m.rec.Master) && i.snapshot.Role == RoleMaster && i.asOf.After(m.masterSince) {
		m.masterReplID = i.snapshot.ReplID
	}
}

// takePods makes the instances those of the pods. A pod that vanished is kept
// while its Redis still answers: an object deleted by force proves nothing.
func (m *Machine) takePods(pods []Pod) {
	seen := make(map[string]bool, len(pods))
	for _, p := range pods {
		seen[p.UID] = true
		i := m.instances[p.UID]
		if i == nil {
			i = &instance{vitals: NewVitals(m.now), linkSince: m.now}
			m.instances[p.UID] = i
		}
		i.pod = p
	}
	for uid, i := range m.instances {
		if seen[uid] {
			continue
		}
		i.pod.Terminating = true
		if i.link != LinkUp || m.taken(i.pod.Addr) {
			delete(m.instances, uid)
		}
	}
}

// taken: the address belongs to a pod of the set, whoever had it before.
func (m *Machine) taken(a Addr) bool {
	return slices.ContainsFunc(m.set.Pods, func(p Pod) bool { return p.Addr == a })
}

func (m *Machine) inSet(uid string) bool {
	return slices.ContainsFunc(m.set.Pods, func(p Pod) bool { return p.UID == uid })
}

// What is known about the master.

// master is the instance of the record's master; never nil after masterGone.
func (m *Machine) master() *instance { return m.instances[m.rec.Master.UID] }

// masterGone: the process that the record names does not exist any more.
func (m *Machine) masterGone() bool { return m.gone(m.rec.Master) }

// gone: this process does not exist any more. Silence is no proof; a vanished pod, a
// refused connection and another run id are.
func (m *Machine) gone(p Process) bool {
	i := m.instances[p.UID]
	return i == nil || i.link == LinkGone || i.up() && i.snapshot.RunID != p.RunID
}

// masterDeposed: the process is the right one, but it is no master any more.
func (m *Machine) masterDeposed() bool {
	i := m.master()
	return i != nil && i.is(m.rec.Master) && i.snapshot.Role != RoleMaster
}

// doomed: the instance is about to go, or it lies beyond the wanted size of the set.
func (m *Machine) doomed(i *instance) bool {
	return i.pod.Doomed() || m.set.Owner != "" && m.set.Size > 0 && i.pod.Ordinal >= m.set.Size
}

// lineage lists the replication ids of the master's data, newest first.
func (m *Machine) lineage() []string {
	return []string{m.targetReplID(), m.masterReplID, m.rec.Lineage.ReplID, m.rec.Lineage.ReplID2}
}

// targetReplID is the id that the record's target took with its promotion, when nobody
// lived to hear of it: it has the master's data under its second id by then, and what
// was written to it since.
func (m *Machine) targetReplID() string {
	i := m.instances[m.rec.Target.UID]
	if i == nil || !i.is(m.rec.Target) {
		return ""
	}
	switch i.snapshot.ReplID2 {
	case "":
	case m.masterReplID, m.rec.Lineage.ReplID, m.rec.Lineage.ReplID2:
		return i.snapshot.ReplID
	}
	return ""
}

// sorted gives the instances in a fixed order.
func (m *Machine) sorted() []*instance {
	list := make([]*instance, 0, len(m.instances))
	for _, i := range m.instances {
		list = append(list, i)
	}
	slices.SortFunc(list, func(a, b *instance) int {
		return cmp.Or(cmp.Compare(a.pod.Ordinal, b.pod.Ordinal), cmp.Compare(a.pod.UID, b.pod.UID))
	})
	return list
}

// send makes an order of an action.
func (m *Machine) send(a Action) uint64 {
	m.nextID++
	m.out = append(m.out, Order{ID: m.nextID, Action: a})
	return m.nextID
}

func (m *Machine) report(r Report) { m.out = append(m.out, Order{Action: r}) }

// reportOnce tells a refusal when it is new.
func (m *Machine) reportOnce(r Report) {
	if m.reported != r.Message {
		m.reported = r.Message
		m.report(r)
	}
}
