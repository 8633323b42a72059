package sentinel

import "time"

// What is kept right while a master serves: replicas follow it, the record knows
// its lineage, pods carry their labels. Each is looked at after every observation
// and costs nothing when it is right.

// reconcile returns true only when it began an operation.
func (m *Machine) reconcile() bool {
	m.loss = loss{}
	if !m.inTerm() && m.strays() {
		return m.takeOver()
	}
	m.followAll(m.rec.Master, Process{})
	m.cutLate()
	m.labelAll()
	m.lookAtMaster()
	return m.keepOwner() || m.keepSettled() || m.keepLineage() || m.keepFence() || m.tellWitness() || m.forgetRefusal()
}

// inTerm: the record that we know was the newest when we led already, since we have
// written it in our term. Before that it may be an old one.
func (m *Machine) inTerm() bool { return m.termWritten == m.term }

// strays: somebody would be given an order that makes him another's replica.
func (m *Machine) strays() bool {
	for _, i := range m.sorted() {
		if i.up() && i.pod.UID != m.rec.Master.UID && (i.snapshot.Role == RoleMaster || i.snapshot.MasterAddr != m.rec.Master.Addr) {
			return true
		}
	}
	return false
}

// takeOver writes our term into the record. A new leader whose watch is late would
// otherwise lead replicas, and the true master, back to the one before.
func (m *Machine) takeOver() bool {
	m.start(m.rec.Reason)
	m.commit(m.rec, func(m *Machine) { m.drop(0) })
	return true
}

// forgetRefusal takes a refusal off the record when what it was about is over.
func (m *Machine) forgetRefusal() bool {
	i := m.master()
	undone := m.undone.times > 0 && m.mayLeave()
	if m.rec.Refusal == nil || !i.is(m.rec.Master) || m.doomed(i) || undone {
		return false
	}
	m.start("the reason to promote somebody is over")
	next := m.rec
	next.Refusal = nil
	m.telling.over()
	m.commit(next, func(m *Machine) { m.drop(0) })
	return true
}

// How often the master is read while its list of replicas is not what the replicas
// say: quickly after a change, then patiently.
const (
	lookSoon    = 100 * time.Millisecond
	lookLater   = time.Second
	lookSoonFor = 5 * time.Second
)

// lookAtMaster reads the master as soon as what it lists cannot be true any more,
// since its write fence and its replication id depend on who is attached.
func (m *Machine) lookAtMaster() {
	i := m.master()
	if !i.is(m.rec.Master) || i.order != 0 || m.now.Before(i.retryAt) || m.listsRightly(i) {
		return
	}
	i.order = m.send(Inspect{Process: m.rec.Master})
	i.retryAt = m.now.Add(lookLater)
	if m.now.Sub(m.changedAt) < lookSoonFor {
		i.retryAt = m.now.Add(lookSoon)
	}
}

// listsRightly: the master lists exactly those of our instances that follow it, or as many
// with foreign addresses.
func (m *Machine) listsRightly(master *instance) bool {
	listed := master.snapshot.Attached
	missing := 0
	for _, i := range m.sorted() {
		switch its := lists(listed, i.pod.Addr); {
		case i == master, its == m.followsWell(i):
		case its:
			return false
		default:
			missing++
		}
	}
	foreign := len(m.foreign(listed, when{master.begun, master.asOf}))
	if foreign > 0 && master.begun.Before(m.changedAt) {
		return false // whose address is foreign may be one that came or went since
	}
	return missing == 0 || missing <= foreign
}

func (m *Machine) followsWell(i *instance) bool {
	return i.up() && i.snapshot.MasterAddr == m.rec.Master.Addr && i.snapshot.LinkUp
}

// followAll points every reachable process that does not follow the master at it,
// except one that has to wait.
func (m *Machine) followAll(master, except Process) {
	room := m.config().ParallelSyncs - m.syncing(master)
	for _, i := range m.sorted() {
		if !i.up() || i.pod.UID == master.UID || i.is(except) || i.order != 0 || m.now.Before(i.retryAt) {
			continue
		}
		if i.snapshot.Role == RoleReplica && i.snapshot.MasterAddr == master.Addr {
			continue
		}
		if !i.holds(m.lineage()) {
			if room <= 0 {
				continue // a full resync; parallel-syncs at a time
			}
			room--
		}
		if i.snapshot.Role == RoleMaster && i.asks.times == 0 {
			m.report(Report{
				Pod: i.pod.Name, Warning: true, Reason: "UnexpectedMaster",
				Message: i.pod.Name + " was a master beside " + master.Pod + " and is made its replica",
			})
		}
		cut := m.misleads(i)
		i.order, i.cutting = m.send(Follow{Process: i.process(), Master: master.Addr, CutClients: cut}), cut
	}
}

// misleads: clients may be at this process who take it for the master. It was that, or it
// is a new process, perhaps at the address of one that was. Who connected to it before
// the next master was told would stay and be refused: a pool of Jedis does not see
// where its connections lead, and a refusal ends none. There is nothing to be read
// from an empty process either.
func (m *Machine) misleads(i *instance) bool {
	return i.is(m.rec.Former) || i.snapshot.Role == RoleMaster || i.snapshot.Fenced() && !i.holds(m.lineage())
}

// syncing counts the processes that follow the master and do not have its data yet.
func (m *Machine) syncing(master Process) int {
	n := 0
	for _, i := range m.sorted() {
		if !i.up() || i.pod.UID == master.UID || i.holds(m.lineage()) {
			continue
		}
		if i.order != 0 || i.snapshot.MasterAddr == master.Addr {
			n++
		}
	}
	return n
}

// labelAll gives the pods the labels by which plain Services select them. A pod that is not
// seen to have its label is labelled again later and later: a webhook may deny it.
func (m *Machine) labelAll() {
	if m.config().Unlabelled {
		return
	}
	for _, i := range m.sorted() {
		role := RoleReplica
		if i.pod.UID == m.rec.Master.UID {
			role = RoleMaster
		}
		if i.pod.Role == role || i.labelled != role {
			i.labels = retries{}
		}
		if i.pod.Role == role || !m.inSet(i.pod.UID) || i.labelling != 0 || i.labels.holds(m.now) {
			continue
		}
		i.labelled, i.labelling = role, m.send(Label{Pod: i.pod, Role: role})
	}
}

// labelTries is how often a pod is labelled in vain before people are told.
const labelTries = 3

// noteLabel: the pod has its label only when it is seen with it.
func (m *Machine) noteLabel(i *instance, err error) {
	i.labelling = 0
	i.labels.refused(m.now, retryEvery, time.Minute)
	if err != nil && i.labels.times == labelTries {
		m.reportOnce(Report{Pod: i.pod.Name, Warning: true, Reason: "PodNotLabelled", Message: i.pod.Name + " cannot be labelled: " + errText(err)})
	}
}

// keepLineage follows the master's replication id. Redis takes a new one when its
// first replica attaches (syncCommand creates the backlog), and data under an id
// that the record does not know could not be recognised after a crash.
func (m *Machine) keepLineage() bool {
	i := m.master()
	if !m.serving(i) || i.snapshot.ReplID == m.rec.Lineage.ReplID {
		return false
	}
	m.start("the master's replication id changed")
	next := m.rec
	next.Lineage = i.snapshot.Lineage()
	if next.Lineage.ReplID2 == "" {
		next.Lineage.ReplID2 = m.rec.Lineage.ReplID
	}
	m.commit(next, func(m *Machine) { m.drop(0) })
	return true
}
