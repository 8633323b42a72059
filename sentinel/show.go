package sentinel

import (
	"cmp"
	"slices"
	"time"
)

// View is what clients are to be told now; nil while there is no master to name.
// The same pointer means that nothing changed.
func (m *Machine) View() *View { return m.view }

// makeView derives the view from the record and from what the processes said, in
// the same way on every replica of the service.
func (m *Machine) makeView() *View {
	if m.rec.Master.UID == "" || !m.hasSet {
		return m.view // none yet, or the record was deleted: the last answer stands
	}
	v := &View{
		Name: m.name, Config: m.config(), Epoch: m.rec.Epoch,
		Failover: failoverState(m.rec.Phase), Selected: m.told(m.rec.Target),
		Forced: m.rec.Requested != nil,
		Sets:   m.rec.Sets, LastSet: m.rec.LastSet, Resets: m.rec.Resets,
		Master: m.showMaster(), Why: m.why(), CutOff: !m.cutOffSince.IsZero(),
		Conditions: m.conditions,
	}
	for _, i := range m.sorted() {
		if i.pod.UID == m.rec.Master.UID || i.pod.Addr.IsZero() || i.pod.Addr == m.rec.Master.Addr || i.process().Told() == v.Master.Addr {
			continue
		}
		if i.listed = i.listed || m.readable(i); i.listed {
			v.Replicas = append(v.Replicas, m.showReplica(i))
		}
	}
	slices.SortFunc(v.Replicas, func(a, b InstanceView) int {
		return cmp.Or(cmp.Compare(a.Addr.Host, b.Addr.Host), cmp.Compare(a.Addr.Port, b.Addr.Port))
	})
	switch {
	case v.Failover == NoFailover:
	case m.view != nil && m.view.Failover == v.Failover:
		v.FailoverSince = m.view.FailoverSince
	default:
		v.FailoverSince = m.now
	}
	if m.view != nil && equal(m.view, v) {
		return m.view
	}
	return v
}

// why is made anew only when the record changed.
func (m *Machine) why() *Why {
	if m.view != nil && m.view.Why != nil && m.view.Why.Seq == m.rec.Seq {
		return m.view.Why
	}
	w := &Why{Seq: m.rec.Seq, Phase: m.rec.Phase, Reason: m.rec.Reason, Since: m.rec.Since, Decision: m.rec.Decision, Refusal: m.rec.Refusal}
	if err := m.rec.TooNew(); err != nil {
		w.Refusal = &Refusal{Reason: "RecordTooNew", Message: "the record is left alone: " + errText(err), At: m.rec.Since}
	}
	return w
}

// told is the address by which clients know a process: as its pod is announced now,
// since a load balancer's address may come late, or else as the record has it.
func (m *Machine) told(p Process) Addr {
	if i := m.instances[p.UID]; i != nil && i.pod.Addr == p.Addr {
		p.Announce = i.pod.Announce
	}
	return p.Told()
}

// failoverState tells a phase in Sentinel's words.
func failoverState(p Phase) FailoverState {
	switch p {
	case Switching:
		return SendReplicaOfNoOne
	case Promoting:
		return WaitPromotion
	case Failing:
		return WaitStart
	}
	return NoFailover
}

func (m *Machine) showMaster() InstanceView {
	rec := m.rec.Master
	v := InstanceView{Pod: rec.Pod, UID: rec.UID, Addr: m.told(rec), Direct: rec.Addr, RunID: rec.RunID}
	i := m.master()
	if i == nil {
		i = m.ghost()
	} else {
		i.listed = true
	}
	// The record may tell the end of the master before our own probe does.
	given := m.rec.Phase == Failing || m.rec.Phase == Promoting
	i.markDown(given || m.masterGone() || i.link == LinkSilent, m.now)
	v.SDown, v.SDownTime = !i.downSince.IsZero(), i.downSince
	v.ODown, v.ODownTime = v.SDown, i.downSince
	v.Disconnected = i.link == LinkGone || i.link == LinkSilent
	v.Vitals = i.vitals
	return v
}

// ghost stands for a master whose pod is gone while nobody has taken over yet.
func (m *Machine) ghost() *instance {
	if m.absent == nil || m.absent.pod.UID != m.rec.Master.UID {
		m.absent = &instance{pod: Pod{UID: m.rec.Master.UID}, link: LinkGone, vitals: NewVitals(m.now)}
	}
	return m.absent
}

func (m *Machine) showReplica(i *instance) InstanceView {
	i.markDown(!m.serves(i), m.now)
	v := InstanceView{
		Pod: i.pod.Name, UID: i.pod.UID, Addr: i.process().Told(), Direct: i.pod.Addr,
		SDown: !i.downSince.IsZero(), SDownTime: i.downSince,
		Disconnected: i.link != LinkUp,
		Promoted:     m.rec.Phase == Promoting && i.pod.UID == m.rec.Target.UID,
		Vitals:       i.vitals,
	}
	if i.snapshot != nil {
		v.RunID = i.snapshot.RunID
	}
	return v
}

// serves: clients may read from it. While a failover is under way its replication
// id changes before the record tells so; then only its end counts against it.
// One that served goes on to while it attaches to its new master, and until it has
// been looked at since.
func (m *Machine) serves(i *instance) bool {
	switch {
	case m.stale(i):
		return false
	case !i.downSince.IsZero():
		return m.readable(i)
	case m.rec.Phase != Stable || i.asOf.Before(m.masterSince):
		return i.up()
	}
	return i.up() && i.tells(m.lineage())
}

// readable: it answers and has the master's data. A process that was just started
// serves an empty data set, so for clients it is down until it has been filled.
func (m *Machine) readable(i *instance) bool {
	return i.up() && i.holds(m.lineage()) && !m.stale(i)
}

func (i *instance) markDown(down bool, now time.Time) {
	switch {
	case !down:
		i.downSince = time.Time{}
	case i.downSince.IsZero():
		i.downSince = now
	}
}

func equal(a, b *View) bool {
	return a.Name == b.Name && a.Config == b.Config && a.Epoch == b.Epoch && a.Failover == b.Failover &&
		a.Selected == b.Selected && a.Forced == b.Forced && a.CutOff == b.CutOff && a.Master == b.Master && a.Why == b.Why &&
		a.Sets == b.Sets && a.Resets == b.Resets &&
		slices.Equal(a.Conditions, b.Conditions) && slices.Equal(a.Replicas, b.Replicas)
}

// Target is one process to keep a connection to.
type Target struct {
	UID    string
	Pod    string
	Addr   Addr
	Vitals *Vitals
	Master bool // of the record
	// Often asks for a reading with each PING.
	Often bool
	// DownAfter is after how much silence it counts as silent.
	DownAfter time.Duration
	// Hurry asks for readings in quick succession: something about it is changing.
	Hurry bool
}

// Targets lists the processes to watch, ordered by UID.
func (m *Machine) Targets() []Target {
	masterAway := m.rec.Exists() && m.master() != nil && m.master().link == LinkSilent
	list := make([]Target, 0, len(m.instances))
	for _, i := range m.sorted() {
		if i.pod.Addr.IsZero() {
			continue
		}
		list = append(list, Target{
			UID: i.pod.UID, Pod: i.pod.Name, Addr: i.pod.Addr, Vitals: i.vitals,
			Master: i.pod.UID == m.rec.Master.UID, Often: m.oftenRead(i, masterAway),
			DownAfter: m.config().DownAfter,
			// What an order found gone may have a successor that answers a probe. Who may
			// only look on has no use for it yet.
			Hurry: i.up() && masterAway || !m.looksOn && (i.link == LinkGone || i.up() && m.unsettled(i)),
		})
	}
	return list
}

// oftenRead: the leader's write fence has to follow what is attached to a master, and who
// is to witness that the master is silent must have been read lately, however many others
// would like to be read in quick succession.
func (m *Machine) oftenRead(i *instance, masterAway bool) bool {
	if masterAway {
		return i.up()
	}
	return m.leading && i.pod.UID == m.rec.Master.UID && m.set.Size > 1
}

// unsettled: what the instance says is about to change, or should, or is older than
// its master, or is a master's word to a replica of the service that did not lead yet.
func (m *Machine) unsettled(i *instance) bool {
	if !m.readable(i) || i.asOf.Before(m.masterSince) || m.leading && i == m.master() && i.asOf.Before(m.ledSince) {
		return true
	}
	attached := i.snapshot.LinkUp && i.snapshot.MasterAddr == m.rec.Master.Addr
	return i.pod.UID != m.rec.Master.UID && !attached
}

// Answering is the process that answers in a pod, if one does.
func (m *Machine) Answering(uid string) (Process, bool) {
	i := m.instances[uid]
	if i == nil || !i.up() {
		return Process{}, false
	}
	return i.process(), true
}

// Wake is when to Step with a Tick if nothing is observed before; zero for never.
func (m *Machine) Wake() time.Time {
	var wake time.Time
	earlier := func(t time.Time) {
		if t.After(m.now) && (wake.IsZero() || t.Before(wake)) {
			wake = t
		}
	}
	if !m.cutOffSince.IsZero() && !m.apiAway {
		earlier(m.apiBack.Add(apiSettles))
	}
	if !m.leading {
		return wake
	}
	if !m.overtakenSince.IsZero() {
		earlier(m.overtakenSince.Add(overtakenFor))
	}
	if m.op != nil {
		earlier(m.op.deadline)
		earlier(m.op.apiBy)
		return wake
	}
	earlier(m.pauseUntil)
	earlier(m.switchAt)
	earlier(m.hindered.since.Add(hinderedFor))
	if !m.doubtSince.IsZero() {
		earlier(m.doubtSince.Add(m.config().MaxLag))
	}
	if !m.starvingSince.IsZero() {
		earlier(m.starvingSince.Add(retryEvery))
	}
	if !m.firstUp.IsZero() {
		earlier(m.firstUp.Add(coldStartWait))
	}
	if i := m.master(); i != nil && i.link == LinkSilent {
		earlier(m.silentFrom(i))
		earlier(i.linkSince.Add(witnessAge))
		earlier(i.linkSince.Add(witnessWait))
	} else if i != nil && i.pod.NodeSilent {
		earlier(m.silentUntil())
	}
	for _, i := range m.instances {
		earlier(i.retryAt)
		earlier(i.promotion.until)
		earlier(i.fencing.until)
		earlier(i.labels.until)
		earlier(i.late.next())
	}
	return wake
}

// CanFailover answers a SENTINEL FAILOVER from what is known here: nil when a
// switchover can begin.
func (m *Machine) CanFailover() error {
	if err := m.rec.TooNew(); err != nil {
		return err
	}
	if m.config().Mode == Observe {
		return ErrObserving
	}
	if m.rec.Phase != Stable || m.rec.Requested != nil {
		return ErrInProgress
	}
	if _, chosen := m.choose(m.successor(nil)); chosen == nil {
		return ErrNoGoodReplica
	}
	return nil
}

// Known tells that Kubernetes has said what the set consists of.
func (m *Machine) Known() bool { return m.hasSet }
