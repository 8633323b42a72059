package sentinel

import "time"

// A switch is told when the leader has written it, and a moment later by the other replicas
// of the service, which have to hear of it first. A client that was cut asks at once; one
// that asks another replica in this moment is led to the former master again, after its
// clients were cut, and is refused its writes there. Most libraries that do not listen to
// events stay where they are until the connection ends: a refusal ends none. A real Sentinel
// cuts them seconds after it has told the switch. Here the clients that have to go are cut
// without waiting, and whoever came late is cut once more.

// lateCuts are how long after a cut the process is asked whether it refuses somebody a write:
// when all replicas of the service have heard of the switch, and for clients that write seldom.
var lateCuts = [...]time.Duration{time.Second, 3 * time.Second, 10 * time.Second}

// late is when a process's clients were cut for a switch, and how often it was asked since.
type late struct {
	cutAt time.Time
	asked int
}

// next is when it is to be asked again, zero if it is not.
func (l late) next() time.Time {
	if l.cutAt.IsZero() || l.asked == len(lateCuts) {
		return time.Time{}
	}
	return l.cutAt.Add(lateCuts[l.asked])
}

// cutLate cuts those who came late to replicas that were taken for a master.
func (m *Machine) cutLate() {
	for _, i := range m.sorted() {
		next := i.late.next()
		if next.IsZero() || m.now.Before(next) || i.order != 0 {
			continue
		}
		switch {
		case !i.up():
		case i.snapshot.Role != RoleReplica || i.pod.UID == m.rec.Master.UID:
			i.late = late{} // it is the master again
		default:
			i.late.asked++
			m.send(CutLate{Process: i.process()})
		}
	}
}
