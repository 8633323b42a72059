package sentinel

import (
	"slices"
	"time"
)

// A refused connection. The kernel refuses for a process that has ended, and so does a
// firewall that rejects, for one that lives and that all others reach. The replicas know
// which: the end of a process ends their links in the same moment. So they are asked before
// a refusal counts for a master's end, by the very order that makes them stand still
// (Freeze.Unless): where the process has ended, that costs nothing.
//
// A refusal that a replica contradicts is no more than silence. It counts again once no
// replica has a link there and the kubelet, too, says that the process has ended, which it sees
// within a second or two. Where no replica can tell, since none had a link, it is the same.

// noteRefused finds out what the refusals are worth by what is known now.
func (m *Machine) noteRefused() {
	for uid, i := range m.instances {
		named := uid == m.rec.Master.UID || uid == m.rec.Target.UID
		m.noteHeardOf(i)
		switch {
		case !i.refused:
		case i.link == LinkGone && named && m.without != "word of links" && (m.contradicted(i) || m.awaitsKubelet(i)):
			i.setLink(LinkSilent, m.now)
			m.changedAt = m.now
		case i.link == LinkSilent && (!named || m.borneOut(i)):
			i.setLink(LinkGone, m.now)
			m.changedAt = m.now
		}
	}
}

// noteHeardOf keeps when somebody told last that he has a link to one that refuses us.
func (m *Machine) noteHeardOf(i *instance) {
	if !i.refused {
		return
	}
	for _, r := range m.instances {
		if r != i && r.up() && r.asOf.After(i.heardOf) && r.snapshot.LinkedTo(i.pod.Addr) {
			i.heardOf = r.asOf
		}
	}
}

// contradicted: somebody told, after it refused us, that he has a link to it.
func (m *Machine) contradicted(i *instance) bool {
	for _, r := range m.instances {
		if r != i && r.up() && r.asOf.After(i.linkSince) && r.snapshot.LinkedTo(i.pod.Addr) {
			return true
		}
	}
	return false
}

// awaitsKubelet: it was about to hand over, or it was silent and is being given up. The replicas
// stand still by our own order, so their links tell nothing, and the kubelet, which alone can
// say that it has ended, has not.
func (m *Machine) awaitsKubelet(i *instance) bool {
	standing := m.rec.Phase == Switching || m.rec.Phase == Failing
	return standing && i.pod.UID == m.rec.Master.UID && !m.keptOut(i)
}

// borneOut: since it was contradicted, or found that nobody can tell, all whom we reach have told
// that they have no link to it, and the kubelet says that it has ended. A link that ends is not
// enough: of a process that lives it ends, too, by a reset, or a buffer that runs over. Who
// cannot be read is waited for a while. Once a failover has begun, links tell nothing, since we
// ended them, and the kubelet alone can say so.
func (m *Machine) borneOut(i *instance) bool {
	if m.rec.Phase != Stable {
		return m.keptOut(i)
	}
	late := !m.now.Before(i.linkSince.Add(witnessWait))
	told := false
	for _, r := range m.instances {
		switch {
		case r == i || !r.up():
		case !r.asOf.After(i.linkSince) && late:
		case !r.asOf.After(i.linkSince), r.snapshot.LinkedTo(i.pod.Addr):
			return false
		default:
			told = true
		}
	}
	return told && m.keptOut(i)
}

// weighRefusal is called when all have been asked: where nobody had a link that ended with
// the master's process, the refusal is taken for silence until the kubelet knows better.
func (m *Machine) weighRefusal() {
	i := m.master()
	if m.rec.Phase != Stable || i == nil || i.link != LinkGone || !i.refused || m.keptOut(i) || m.without == "word of links" {
		return
	}
	about := i.refusedSince.Add(-witnessAge)
	for _, r := range m.instances {
		if r != i && r.up() && r.endedTo == i.pod.Addr && r.endedAt.After(about) {
			return
		}
	}
	i.setLink(LinkSilent, m.now)
}

// keptOut: by the kubelet's word nothing serves there, or it has refused us, and nobody has heard
// of it, for so long that it is as good as gone.
func (m *Machine) keptOut(i *instance) bool {
	since := i.refusedSince
	if i.heardOf.After(since) {
		since = i.heardOf
	}
	return !i.pod.Ready || !m.now.Before(since.Add(m.config().FailoverTimeout))
}

// doubted are the addresses of the processes that may be masters and refuse us: of those
// who have a link there we want to hear.
func (m *Machine) doubted() []Addr {
	var list []Addr
	for _, p := range m.possibleMasters() {
		i := m.instances[p.process.UID]
		if i != nil && i.refused && (i.link == LinkGone || i.link == LinkSilent && m.rec.Phase == Stable) && m.without != "word of links" {
			list = append(list, i.pod.Addr)
		}
	}
	return list
}

// noteLink takes in whether a link of the replica has ended by itself: it follows the same
// master still, or was frozen on that condition. Of a first reading that is not known, but
// it tells of a link that is down and was up.
func (i *instance) noteLink(s Snapshot, first bool, now time.Time) {
	if first {
		i.linkTo, i.endedTo = Addr{}, Addr{}
	}
	switch {
	case s.LinkedTo(s.MasterAddr):
		i.linkTo, i.endedTo = s.MasterAddr, Addr{}
	case s.Loading:
	case !i.linkTo.IsZero() && (s.MasterAddr == i.linkTo || s.Fenced() && slices.Contains(i.unless, i.linkTo)):
		i.endedTo, i.endedAt, i.linkTo = i.linkTo, now, Addr{}
	case first && s.LinkWasUp && !s.Fenced():
		i.endedTo, i.endedAt = s.MasterAddr, now
	default:
		i.linkTo = Addr{}
	}
}
