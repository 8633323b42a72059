package sentinel

import (
	"slices"
	"time"
)

// How each observation gets in: the only way into a Machine.

func (o SetSeen) observe(m *Machine) {
	if o.Set.Config.Promote != m.set.Config.Promote {
		m.pauseUntil = time.Time{} // a person has decided, and need not wait
		m.wantedSince = m.now
	}
	if o.Set.Size != m.set.Size {
		m.switchAt = time.Time{} // other pods stay now, and those that go may not wait for long
	}
	m.set, m.watched, m.hasSet = o.Set, o.Set.Pods, true
	if m.set.Rival != "" {
		m.op = nil // whatever was begun: another service has the say
	}
	m.takePods(o.Set.Pods)
}

// returnToWatch ends what an operation read live: its list may have been on the way for
// longer than news of the watch, which tells nothing twice.
func (m *Machine) returnToWatch() {
	if m.op != nil && m.op.live {
		m.set.Pods = m.watched
		m.takePods(m.watched)
	}
	m.op = nil
}

// observe keeps the record for later while an operation is under way. Its next commit
// has to meet the very record that was decided upon: taken over in between, a newer one
// would lend its version to a decision that knows nothing of it.
func (o RecordSeen) observe(m *Machine) {
	if m.op == nil {
		m.takeRecord(o.Record)
		return
	}
	if m.later == nil || !o.Record.Exists() || !m.later.Exists() || o.Record.Seq > m.later.Seq {
		m.later = &o.Record
	}
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
		m.returnToWatch()
		m.loss, m.pauseUntil = loss{}, time.Time{}
		clear(m.asked)
		m.askedGone = nil
		m.takeLater()
		for _, i := range m.instances {
			i.order, i.retryAt, i.labelling = 0, time.Time{}, 0
			i.asks, i.labels = retries{}, retries{}
			i.failed, i.promotion, i.fencing = false, refusing{}, retries{}
			i.late, i.cutting = late{}, false
		}
		m.telling.over()
		m.telling.conditions = nil
		m.hindered.told = ""
		m.noteOvertaken(nil)
		m.undone, m.vain = retries{}, retries{}
		m.ledSince = m.now
	}
	m.leading, m.term = o.Leading, o.Term
}

func (o InstanceSeen) observe(m *Machine) {
	i := m.instances[o.UID]
	switch {
	case i == nil:
	case !m.inSet(o.UID) && i.snapshot != nil && i.snapshot.RunID != o.Snapshot.RunID:
		m.part(o.UID, true) // the address is somebody else's by now
	case i.pod.Terminating && i.snapshot != nil && i.snapshot.RunID != o.Snapshot.RunID:
		// A pod that ends starts no process any more. Its address was given away before
		// the kubelet reported so: what answers there is not ours to command.
		if i.link != LinkGone {
			m.changedAt = m.now
		}
		i.setLink(LinkGone, m.now)
		i.refused = false
	default:
		m.see(i, o.Snapshot, once(o.At))
	}
}

func (m *Machine) see(i *instance, s Snapshot, at when) {
	if slices.Contains(i.replaced, s.RunID) || i.leftAddress() {
		return // its answer took longer than the news of its successor, or of its end
	}
	if !i.up() || i.snapshot.RunID != s.RunID {
		m.whoIsBack()
	}
	if !i.up() || i.snapshot.RunID != s.RunID || i.snapshot.LinkUp != s.LinkUp {
		m.changedAt = m.now
	}
	if i.snapshot != nil && i.snapshot.RunID != s.RunID && s.Role == RoleMaster && s.RunID != m.rec.Target.RunID && m.leading {
		m.tellUnfenced(i, "restarted as a master")
	}
	if m.without == "first reading" {
		s.LinkWasUp = false
	}
	i.see(s, at, m.now)
	m.noteDeaf(i)
	m.noteMaster(i)
	m.noteHeard(i)
}

func (o InstanceLost) observe(m *Machine) {
	if i := m.instances[o.UID]; i != nil && !i.knownRefusal(o.Loss == LinkGone) {
		i.setLink(o.Loss, m.now)
		i.refuse(o.Loss == LinkGone, m.now)
		i.unwell, i.why = o.Unwell, cut(o.Why, mostErrText)
		m.changedAt = m.now
		if o.Loss == LinkGone && !m.inSet(o.UID) {
			m.part(o.UID, true)
		}
	}
}

func (o Done) observe(m *Machine) {
	asked := m.asked[o.ID]
	delete(m.asked, o.ID)
	m.noteOvertaken(o.Err)
	for _, i := range m.instances {
		if i.labelling == o.ID {
			m.noteLabel(i, o.Err)
		}
		if i.order == o.ID {
			i.order = 0
			if i.asks.note(m.now, o.Err, refusedMost); o.Err != nil {
				i.retryAt = i.asks.until
			} else if i.cutting {
				i.late = late{cutAt: m.now}
			}
			i.cutting = false
			m.takeOutcome(asked, o)
		}
	}
	if m.op != nil {
		if uid, ok := m.op.waiting[o.ID]; ok {
			delete(m.op.waiting, o.ID)
			m.op.outcome[uid] = o
			m.tookReading(uid, o)
			m.takeOutcome(asked, o)
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
	m.noteStanding(uid, o)
	if i := m.instances[uid]; i != nil && m.op.purging && o.Err == nil {
		i.purgedTerm = m.term
	}
}

// takeOutcome lets an instance know what an order showed of it.
func (m *Machine) takeOutcome(asked given, o Done) {
	i := m.instances[asked.to.UID]
	if i == nil {
		return
	}
	switch {
	case o.Snapshot != nil && i.link == LinkGone && i.snapshot != nil && i.snapshot.RunID == o.Snapshot.RunID:
		// It answered before it ended, and the answer was longer on its way than the news of
		// its end. A probe that was wrong about that will say so.
	case o.Snapshot != nil && i.link == LinkSilent && i.snapshot != nil && i.snapshot.RunID == o.Snapshot.RunID:
		// It answered late. Whether it is there the probe says, which tells a silence once.
	case o.Snapshot != nil:
		m.see(i, *o.Snapshot, when{asked.at, o.At})
	case o.Gone:
		m.lose(i, asked.to, o.Refused)
	case o.Err != nil && i.is(asked.to):
		i.unread = true
	}
}

// knownRefusal: it refuses us still, and somebody has contradicted that it is gone.
func (i *instance) knownRefusal(refused bool) bool {
	return refused && i.refused && i.link == LinkSilent
}

// lose takes a process for gone, and no other one of its pod: not one that answers by
// now, and not one that the record names while we still remember its predecessor.
func (m *Machine) lose(i *instance, p Process, refused bool) {
	if i.up() && !i.is(p) || i.knownRefusal(refused) {
		return
	}
	i.refuse(refused, m.now)
	switch {
	case m.namesAnother(p):
		i.setLink(LinkGone, time.Time{}) // long ago, as far as the record's process goes
	default:
		i.setLink(LinkGone, m.now)
	}
}

func (m *Machine) namesAnother(p Process) bool {
	if p.Same(m.rec.Master) || p.Same(m.rec.Target) {
		return false
	}
	return p.UID == m.rec.Master.UID || p.UID == m.rec.Target.UID
}

// noteMaster: what was read of it before it was made master names an older lineage.
func (m *Machine) noteMaster(i *instance) {
	if m.serving(i) {
		m.masterLineage, m.masterReplicas, m.masterRead = i.snapshot.Lineage(), i.snapshot.Attached, when{i.begun, i.asOf}
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
		i.noteSilence(p, m.now)
		if p.UID == m.rec.Master.UID && p.Doomed() && !i.pod.Doomed() {
			m.undone, m.switchAt = retries{}, time.Time{} // there is more reason by now
		}
		i.pod = p
		switch {
		case !p.Addr.IsZero():
			i.addr = p.Addr
		case p.Ended && i.link != LinkGone:
			i.setLink(LinkGone, m.now)
			i.refused = false
		case i.leftAddress() && i.link == LinkUp: // it can't be asked any more, and may still run
			i.setLink(LinkSilent, m.now)
		}
	}
	for uid, i := range m.instances {
		if seen[uid] {
			continue
		}
		i.pod.Terminating = true
		if i.link != LinkUp || m.taken(i.pod.Addr) {
			m.part(uid, i.link == LinkGone)
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
