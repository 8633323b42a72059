package sentinel

import (
	"slices"
	"time"
)

// Link is what we know about the way to a process.
type Link int

// The links. Only LinkGone proves that the process does not exist any more; of a master it
// does so unless somebody contradicts it, see refused.go.
const (
	LinkNew    Link = iota // not reached yet
	LinkUp                 // open, and it answers
	LinkSilent             // no valid answer for down-after
	LinkGone               // its connection ended and nobody listens at its address
)

// instance is one pod and what its Redis said last.
type instance struct {
	pod  Pod
	addr Addr // the pod's last one: it may have none any more
	link Link
	// linkSince is when link last changed.
	linkSince time.Time
	// snapshot is the last reading, nil before the first. begun and asOf are its time, see when.
	snapshot    *Snapshot
	begun, asOf time.Time
	// unread tells that an order failed since then: the snapshot may not hold any more.
	unread bool
	// attached tells that the process that answers had a living link, or was a master: its
	// data is not just what it found on its disk. Any reading tells so, the first one, too.
	attached bool
	// linked tells that it had a living link, whether or not it was a master.
	linked bool
	// deafSince is since when it tells that it heard nothing of its master for down-after,
	// zero while it does not.
	deafSince time.Time
	// unsyncedSince is since when it is not in sync with the master that serves, zero while it is.
	unsyncedSince time.Time
	// silentSince is since when nothing is heard of its node, as far as that is so.
	silentSince time.Time
	// refused tells that its link is gone, or silent, since connections are refused, and
	// nothing else shows that its process has ended.
	refused bool
	// refusedSince is since when.
	refusedSince time.Time
	// heardOf is when a replica told last, while it refused us, that it has a link to it.
	heardOf time.Time
	// unless are the addresses that it was to have no link to when it was frozen last.
	unless []Addr
	// streams are what it told of its links.
	streams streams
	// linkTo is the master to which it has a link; endedTo the one to which it had one that
	// ended by itself, and has none since, which was noticed at endedAt.
	linkTo, endedTo Addr
	endedAt         time.Time
	// unwell tells that when it fell silent last it did answer PING, with an error.
	unwell bool
	// why is the cause of its last silence or end, in a person's words.
	why string
	// listed tells that clients have been told about it, which begins when it
	// first holds the master's data.
	listed bool
	vitals *Vitals

	// An order under way for it outside of an operation, and when to try again.
	order   uint64
	retryAt time.Time
	asks    retries
	late    late
	cutting bool // the order under way cuts its clients
	// failed tells that a master could not hand over to it.
	failed bool
	// promotion is how it takes its promotion.
	promotion refusing
	// fencing is how it takes its write fence, where it is the master.
	fencing retries
	// The same for its label, and the role that was asked for last.
	labelling uint64
	labels    retries
	labelled  Role

	// purgedTerm is the term in which older leaders were last cut off from it.
	purgedTerm uint64

	downSince time.Time // of sdown as shown; zero while up

	// deaths are when the last processes of this pod were replaced; replaced are their run
	// ids, which no process ever has again.
	deaths   []time.Time
	replaced []string
}

// up tells that the process answers and has described itself.
func (i *instance) up() bool { return i.link == LinkUp && i.snapshot != nil }

// leftAddress: its pod had an address and has none any more.
func (i *instance) leftAddress() bool { return i.pod.Addr.IsZero() && !i.addr.IsZero() }

// neverRan: its pod waits for a node, or for what its containers need, and has had neither a
// container nor an address, so that nobody can have told it whom to follow.
func (i *instance) neverRan() bool {
	return i.link == LinkNew && i.addr.IsZero() && i.pod.ContainerID == ""
}

// deaf: its link is up, and nothing comes.
func (i *instance) deaf() bool {
	return !i.deafSince.IsZero() && i.asOf.Sub(i.deafSince) >= deafFor
}

// process names the process that answered last.
func (i *instance) process() Process {
	p := Process{Pod: i.pod.Name, UID: i.pod.UID, ContainerID: i.pod.ContainerID, Addr: i.pod.Addr, Announce: i.pod.Announce}
	if i.snapshot != nil {
		p.RunID = i.snapshot.RunID
	}
	return p
}

// is tells that p is the process that answers here now.
func (i *instance) is(p Process) bool { return i.up() && i.process().Same(p) }

// when is the time of a reading. What an order shows may have been true as soon as it was given,
// and be long on its way, in which its process took other orders. So what is newer than
// what goes by the end, which is the time of the answer; whether one who has ended was still
// there goes by the beginning. A probe has its beginning for both: one that is older than an
// order does not count.
type when struct{ begun, end time.Time }

func once(at time.Time) when { return when{at, at} }

// see takes a reading, unless something truer is known already.
func (i *instance) see(s Snapshot, at when, now time.Time) {
	if at.end.Before(i.asOf) {
		return
	}
	i.setLink(LinkUp, now)
	i.refused = false
	i.why = ""
	if i.snapshot != nil && i.snapshot.RunID != s.RunID {
		i.died(i.snapshot.RunID, now)
	}
	if i.snapshot == nil || i.snapshot.RunID != s.RunID {
		i.attached, i.linked, i.failed = false, false, false
		i.promotion, i.fencing, i.asks = refusing{}, retries{}, retries{}
		i.late = late{}
	}
	i.streams.note(s, i.snapshot == nil || i.snapshot.RunID != s.RunID, at.end)
	i.noteLink(s, i.snapshot == nil || i.snapshot.RunID != s.RunID, now)
	if s.Resident == 0 && i.snapshot != nil && i.snapshot.RunID == s.RunID { // read between orders
		s.Resident, s.FullSyncs = i.snapshot.Resident, i.snapshot.FullSyncs
	}
	i.linked = i.linked || s.LinkUp || s.LinkWasUp
	i.attached = i.attached || i.linked || s.Role == RoleMaster
	i.snapshot, i.begun, i.asOf, i.unread = &s, at.begun, at.end, false
}

// A pod is unsteady when it lost so many processes in so short a time, as one does
// that is killed for its memory again and again.
const (
	unsteadyDeaths = 3
	unsteadyWithin = 10 * time.Minute
)

// replacedMost is more than restart within the time that an answer may take.
const replacedMost = 8

func (i *instance) died(runID string, now time.Time) {
	i.deaths = append(i.deaths, now)
	i.deaths = i.deaths[max(0, len(i.deaths)-unsteadyDeaths):]
	i.replaced = append(i.replaced, runID)
	i.replaced = i.replaced[max(0, len(i.replaced)-replacedMost):]
}

// unsteady: the next process of this pod will hardly live longer than the last ones.
func (i *instance) unsteady(now time.Time) bool {
	return len(i.deaths) == unsteadyDeaths && now.Sub(i.deaths[0]) < unsteadyWithin
}

// refuse notes whether what is known of its end is a refusal alone.
func (i *instance) refuse(refused bool, now time.Time) {
	if refused && !i.refused {
		i.refusedSince = now
	}
	i.refused = refused
}

func (i *instance) setLink(link Link, now time.Time) {
	if i.link != link || link == LinkGone { // which is proven anew each time
		i.link, i.linkSince = link, now
	}
}

// holds tells that the process has the data of this lineage, whole: under one of
// its ids, or under a new id that a promotion gave to it.
func (i *instance) holds(lineage []string) bool {
	return i.tells(lineage) && !i.snapshot.SyncInProgress
}

// tells is holds, but for a sync that may be about to replace the data: until it
// does, readers get what they got before.
func (i *instance) tells(lineage []string) bool {
	s := i.snapshot
	if s == nil || s.Loading {
		return false
	}
	return slices.ContainsFunc(lineage, func(id string) bool {
		return id != "" && (s.ReplID == id || s.ReplID2 == id)
	})
}
