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
	watched []Pod // as the watch has them; during an operation set has a live list
	hasSet  bool
	rec     Record
	leading bool
	term    uint64

	instances map[string]*instance // by pod UID
	parted    []time.Time          // when instances were forgotten, of late
	ended     map[Addr]time.Time   // when members that had these addresses were found to be gone
	// streamsEnded are the streams of the same.
	streamsEnded []streams
	op           *operation
	asked        map[uint64]given // the orders under way that are for a process
	askedGone    []string         // UIDs of pods that are gone whose processes were asked in this term
	nextID       uint64
	out          []Order
	view         *View

	// ledSince is when the present term began, or ended.
	ledSince time.Time
	// fenceTerm is the term in which we told the master its write fence last.
	fenceTerm uint64
	// masterLineage is what the record's master showed last. It is kept beyond the
	// master's end: the record may not have caught up with it.
	masterLineage Lineage
	// heardID is the replication id of the master's data by a replica's word.
	heardID string
	// masterReplicas are those that it listed then.
	masterReplicas []Attached
	// masterRead is when that was true.
	masterRead when
	// masterSince is when the record's master was learnt, targetSince its target.
	masterSince, targetSince time.Time
	// inVainSince is the masterSince of a master that was asked in vain what it is.
	inVainSince time.Time
	loss
	// pauseUntil holds back the next operation after one that came to nothing.
	pauseUntil time.Time
	// vain are the operations since the record was written last in which nothing was learnt.
	vain retries
	// wantedSince is when a person's decision was heard of.
	wantedSince time.Time
	// later is the newest record that was seen while an operation was under way.
	later *Record
	// termWritten is the last term under which this machine wrote the record.
	termWritten uint64
	// without names the one fence that a simulation leaves out, to show that it is
	// needed: "old master", "unfinished target", "fence order", "freeze"; and "first
	// reading", which leaves out what this tells of the past, and "first back", by which a
	// wait begins; "old word", by which a witness is too old, and "ask again", by which one
	// that refused is read before a choice; "later version", whose record is not acted on;
	// "word of links", by which a refusal is judged; "live pods", by which a switch is begun;
	// "never ran", by which a pod feeds nobody, and "address of before", which one had; "told
	// lag", by which a fence closes.
	// Always empty outside of that test.
	without string
	// changedAt is when an instance last came, went or restarted.
	changedAt time.Time
	// starvingSince is since when the master has fewer replicas than its fence, of
	// which starvingFor remained.
	starvingSince time.Time
	// doubtSince is since when nothing shows that Redis asks for what the record says.
	doubtSince  time.Time
	starvingFor int
	// untold: the write fence of the record and that of Redis may differ: one of them
	// was changed, and whether the other was is not known.
	untold bool
	// switchAt holds back a switchover that was refused or undone; the rest goes on.
	switchAt time.Time
	// undone are the switchovers of this master that were undone.
	undone retries
	// silenceLeft is when a master was last handed over because of a silent node.
	silenceLeft time.Time
	looksOn     bool // see LookOn
	// absent stands for a master without a pod.
	absent  *instance
	telling telling
	// conditions hold now; syncs are what one of them is seen by.
	conditions []Condition
	syncs      syncs
	// hindered is what keeps the set without a master.
	hindered hindered
	// overtakenSince is since when orders fail for a newer leader, zero while they do not;
	// overtakenBy is what they say.
	overtakenSince time.Time
	overtakenBy    string
	// apiAway: the API server is out of reach; apiBack is since when it is not any more.
	apiAway bool
	apiBack time.Time
	// cutOffSince is since when this replica of the service may not name its master.
	cutOffSince time.Time
}

// NewMachine returns the machine of one master, which knows nothing yet.
func NewMachine(name string) *Machine {
	return &Machine{name: name, instances: map[string]*instance{}, asked: map[uint64]given{}, ended: map[Addr]time.Time{}}
}

// Step takes one observation and returns what is to be done.
func (m *Machine) Step(now time.Time, o Observation) []Order {
	m.now = now
	o.observe(m)
	m.noteRefused()
	m.noteConditions()
	m.noteHindrance()
	if m.leading && m.hasSet && !m.looksOn && m.set.Rival == "" {
		m.decide()
		m.tellOvertaken()
		m.tellConditions()
		m.noteHindrance()
		m.tellHindrance()
	}
	m.noteCutOff()
	m.view = m.makeView()
	out := m.out
	m.out = nil
	return out
}

// LookOn makes the machine take in what comes and decide nothing, until it is called with
// false: a leader with much to do does one thing after the other.
func (m *Machine) LookOn(only bool) { m.looksOn = only }

// Busy tells that orders of an operation are under way; one that only waits is not busy.
func (m *Machine) Busy() bool { return m.op != nil && !m.op.resting }

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
	case m.rec.TooNew() != nil && m.without != "later version":
		return false
	case m.overtaken():
		return false
	case m.anew():
		return m.beginAnew()
	case m.rec.Removed:
		return false
	case m.firstStart():
		return m.coldStart()
	case m.unsure():
		return true
	case m.rec.Phase == Promoting:
		return m.resumePromotion()
	case m.rec.Phase == Switching:
		return m.resumeSwitch()
	case m.rec.Phase == Failing:
		return m.resumeFailing()
	case m.config().Mode == Observe:
		return m.followRedis()
	case m.masterGone():
		return m.beginFailover("the master's process is gone")
	case m.masterDeposed():
		return m.beginFailover("the master was made a replica by another hand")
	case m.masterSilent():
		return m.beginFailing()
	case m.handsOver() && m.doomed(m.master()) && !m.now.Before(m.switchAt):
		return m.beginSwitchWhile("the master's pod is about to go", func(m *Machine, _ *instance) bool { return m.doomed(m.master()) })
	case m.handsOver() && m.rec.Requested != nil:
		return m.beginSwitch("asked for by " + m.rec.Requested.By)
	case m.unheardRequest():
		return m.refuseRequest()
	case m.leave():
		return true
	default:
		return m.reconcile()
	}
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

// given is whom an order is for, and when it was given.
type given struct {
	to Process
	at time.Time
}

// send makes an order of an action.
func (m *Machine) send(a Action) uint64 {
	m.nextID++
	if p := subject(a); p.UID != "" {
		m.asked[m.nextID] = given{p, m.now}
	}
	m.out = append(m.out, Order{ID: m.nextID, Action: a})
	return m.nextID
}
