package sentinel

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Whom a master lists that no pod has the address of. Behind a mesh's proxy or a NAT the
// members themselves are listed with foreign addresses, all with the same perhaps. What they
// told of their own links tells how many of those that are listed they are. Of the rest
// those count that acknowledge what they get, since they can feed a silent master's write
// fence.

// stream is the time for which a replica told that it has a link to a master, all in sync.
// Between two readings a link may end and come back.
type stream struct {
	to          Addr
	from, until time.Time // of the readings that told so; until is that of its end, once there is one
	open        bool
}

// streams are those of one pod, the last one last. A master that was read long ago may have
// listed it for one of the former.
type streams []stream

// streamsMost is more than a replica has while a master is not read: of one that froze none can
// have a new link, unless it wakes for a moment.
const streamsMost = 4

// note takes in a reading. While it loads a replica tells nothing of its link.
func (l *streams) note(s Snapshot, first bool, at time.Time) {
	up := s.Role == RoleReplica && s.LinkUp
	if first || !up || l.last().to != s.MasterAddr {
		l.end(at)
	}
	switch {
	case !up:
	case l.last().open:
		(*l)[len(*l)-1].until = at
	default:
		*l = append(*l, stream{to: s.MasterAddr, from: at, until: at, open: true})
		*l = (*l)[max(0, len(*l)-streamsMost):]
	}
}

func (l streams) last() stream {
	if len(l) == 0 {
		return stream{}
	}
	return l[len(l)-1]
}

// end is the end of the last one, as far as it is known; also that of the process.
func (l streams) end(at time.Time) {
	if l.last().open {
		l[len(l)-1].open, l[len(l)-1].until = false, at
	}
}

func (l streams) cover(to Addr, read when) bool {
	return slices.ContainsFunc(l, func(t stream) bool { return t.covers(to, read) })
}

// covers tells that it may have had the link when the master was read. Who has just been
// attached is read less soon than its master.
func (t stream) covers(to Addr, read when) bool {
	return t.to == to && !t.from.After(read.end.Add(witnessAge)) && (t.open || !t.until.Before(read.begun))
}

// strangers names those that may acknowledge what a process writes, as it listed them when
// it was read last, and are no members of the set.
func (m *Machine) strangers(p Process) []string {
	i := m.instances[p.UID]
	if i == nil || i.snapshot == nil {
		return nil
	}
	var list []string
	read := when{i.begun, i.asOf}
	for _, a := range m.foreign(i.snapshot.Attached, read) {
		if a.Acked > 0 && a.Lag <= m.fenceTime() {
			list = append(list, a.Addr.String())
		}
	}
	members := m.unlisted(i, i.snapshot.Attached, read)
	for _, l := range m.streamsEnded {
		if l.cover(i.pod.Addr, read) {
			members++
		}
	}
	switch {
	case members == 0 || len(list) == 0:
		return list
	case members >= len(list):
		return nil
	}
	text := fmt.Sprintf("one of %s", strings.Join(slices.Compact(slices.Sorted(slices.Values(list))), ", "))
	return slices.Repeat([]string{text}, len(list)-members)
}

// foreign are those that are listed as online with an address that is no member's, nor was
// when they were.
func (m *Machine) foreign(listed []Attached, read when) []Attached {
	return slices.DeleteFunc(slices.Clone(listed), func(a Attached) bool {
		return !a.Online || m.ended[a.Addr].After(read.begun) || m.hasAddr(a.Addr)
	})
}

func (m *Machine) hasAddr(a Addr) bool {
	for _, i := range m.instances {
		if i.pod.Addr == a {
			return true
		}
	}
	return false
}

// unlisted counts the members that had a link to a master and are not listed with an
// address of their own.
func (m *Machine) unlisted(master *instance, listed []Attached, read when) int {
	n := 0
	for _, r := range m.instances {
		if r != master && r.streams.cover(master.pod.Addr, read) && !lists(listed, r.pod.Addr) {
			n++
		}
	}
	return n
}

func lists(listed []Attached, a Addr) bool {
	return slices.ContainsFunc(listed, func(l Attached) bool { return l.Online && l.Addr == a })
}
