package sentinel

import (
	"fmt"
	"time"
)

// Who says what of a silent master: its replicas know whether it is down for us alone.

const (
	// witnessAge is how old a replica's word about the master may be.
	witnessAge = 2 * time.Second
	// witnessWait is for how long the master has to be silent before replicas count for
	// nothing that answer PING and cannot be read.
	witnessWait = 3 * witnessAge
)

// masterSilent: it gives no valid answer, and no replica says that it hears of it.
func (m *Machine) masterSilent() bool {
	i := m.master()
	if i == nil || i.link != LinkSilent {
		return false
	}
	if m.byHand() != nil {
		return true
	}
	if m.lastResort() || m.now.Before(m.silentFrom(i)) {
		return false
	}
	witnesses := 0
	for _, r := range m.sorted() {
		if r == i || !r.up() {
			continue
		}
		switch {
		case !m.testifies(r) && m.now.Before(i.linkSince.Add(witnessWait)):
			return false // it is asked, and may tell yet
		case !m.testifies(r), i.refused && !r.snapshot.LinkedTo(i.pod.Addr):
			continue // to one that refuses us it may only not have got a link yet
		case m.hears(r):
			return false // the master is down for us alone
		}
		witnesses++
	}
	return witnesses > 0 // alone, we are the ones who are cut off
}

// silentFrom is when one that the probe calls silent has been so for down-after. An order may
// have been answered while an attempt to connect lasts that began before anybody listened.
func (m *Machine) silentFrom(i *instance) time.Time {
	if i.unwell {
		return i.linkSince // it does answer, and not well
	}
	return i.asOf.Add(m.config().DownAfter)
}

// testifies: what it says of the master is of now.
func (m *Machine) testifies(r *instance) bool {
	return r.up() && (m.now.Sub(r.asOf) <= witnessAge || m.without == "old word")
}

// masterPings is how often a master says something to replicas for which it has no
// writes: repl-ping-replica-period, which is set together with the write fence.
const masterPings = time.Second

// deafFor is for how long a replica has to tell that it heard nothing for down-after.
// Redis takes the difference of two readings of its clock in whole seconds
// (lastinteraction in replicationInfo), so that it tells 2 s for a moment when hardly more
// than one has passed, as between two of the master's pings.
const deafFor = 300 * time.Millisecond

// hears tells that a replica has a living link to the master.
func (m *Machine) hears(r *instance) bool {
	s := r.snapshot
	up := s.LinkUp
	if i := m.master(); i != nil && i.refused { // a full sync tells as much that it lives
		up = s.LinkedTo(m.rec.Master.Addr)
	}
	return s.Role == RoleReplica && s.MasterAddr == m.rec.Master.Addr && up && !r.deaf()
}

// noteDeaf notes since when a replica tells that it hears nothing.
func (m *Machine) noteDeaf(i *instance) {
	switch s := i.snapshot; {
	case !s.LinkUp || s.LastIO < max(m.config().DownAfter, 2*masterPings):
		i.deafSince = time.Time{}
	case i.deafSince.IsZero():
		i.deafSince = i.asOf
	}
}

// tellWitness says why a silent master is left alone. It is done when it was told. At
// first replicas may only not have missed it yet.
func (m *Machine) tellWitness() bool {
	i := m.master()
	if i == nil || i.link != LinkSilent || m.now.Before(i.linkSince.Add(witnessAge)) {
		return false
	}
	why, hears := m.witness()
	switch {
	case m.lastResort():
		why = "no other process has its data"
	case !hears && m.now.Before(i.linkSince.Add(witnessWait)):
		return false // one may tell yet
	}
	does := "does not answer"
	if i.refused {
		does = "refuses the connections of this service"
	}
	message := fmt.Sprintf("%s %s, but %s: nobody is promoted", m.rec.Master.Pod, does, why)
	if m.rec.Refusal != nil && m.rec.Refusal.Message == message {
		return false
	}
	m.start("the master is silent for this service alone")
	m.refuse(Report{Pod: m.rec.Master.Pod, Warning: true, Reason: "MasterSilentHere", Message: message},
		func(m *Machine) { m.drop(0) })
	return true
}

// witness is what the replicas tell of a silent master, and whether one hears of it. Their
// words may be older here than where they decide, or the one that is named would change
// with each reading.
func (m *Machine) witness() (why string, hears bool) {
	why = "no replica answers either: it may be this service that is cut off"
	for _, r := range m.sorted() {
		old := m.now.Sub(r.asOf) > witnessWait
		switch {
		case r.pod.UID == m.rec.Master.UID || !r.up():
		case !old && m.hears(r):
			why, hears = r.pod.Name+" hears of it", true
		case old && !hears:
			why = "what " + r.pod.Name + " says of it is too old, and no other replica answers"
		}
	}
	return why, hears
}
