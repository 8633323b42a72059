package sentinel

import "time"

// A replica of the service whose node is cut off sees neither the API server nor most of the
// set. Behind its back another master may have been promoted, and the one that it knows of
// takes writes once more when the network is back: acknowledgements of its replicas that
// waited in their kernels open its write fence again, until the leader has demoted it. So
// who is cut off names no master, and a client asks another replica of the service.
//
// An API server that is away alone changes no answer: whoever sees enough replicas to keep
// a master's write fence open (floor(n/2), see fence.go) knows that nobody has detached them.

// apiSettles is how long news may take from an API server that is back to the record here.
const apiSettles = time.Second

// APISeen says whether the API server is out of reach.
type APISeen struct{ Away bool }

func (o APISeen) observe(m *Machine) {
	if m.apiAway && !o.Away {
		m.apiBack = m.now
	}
	m.apiAway = o.Away
}

// noteCutOff finds out whether this replica of the service is cut off. It is so until it
// has seen replicas that follow the master that it names, or the API server for a while.
func (m *Machine) noteCutOff() {
	enough := m.set.Size / 2
	switch {
	case !m.hasSet || !m.rec.Exists() || m.cutOffSince.IsZero() && !m.apiAway:
	case m.cutOffSince.IsZero():
		if m.reached() < enough {
			m.cutOffSince = m.now
		}
	case !m.apiAway && !m.now.Before(m.apiBack.Add(apiSettles)), m.followersSince(m.cutOffSince) >= enough:
		m.cutOffSince = time.Time{}
	}
}

// reached counts those beside the master to which the network leads, alive or not.
func (m *Machine) reached() int {
	n := 0
	for _, i := range m.instances {
		if i.pod.UID != m.rec.Master.UID && (i.link == LinkUp || i.link == LinkGone) {
			n++
		}
	}
	return n
}

// followersSince counts those that told so after t that they follow the master, which answers.
func (m *Machine) followersSince(t time.Time) int {
	if i := m.master(); i == nil || !i.is(m.rec.Master) || !i.asOf.After(t) {
		return 0
	}
	n := 0
	for _, i := range m.instances {
		if i.up() && i.asOf.After(t) && i.snapshot.LinkUp && i.snapshot.MasterAddr == m.rec.Master.Addr {
			n++
		}
	}
	return n
}
