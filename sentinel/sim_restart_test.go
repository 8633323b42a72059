package sentinel

import (
	"slices"
	"time"
)

// A leader whose container restarts in place.

// restartInPlace ends the leader's process. Its container is back at once under the same
// name, which the Lease still has, so that it leads again.
func (s *sim) restartInPlace() {
	n, v := s.leader, s.services[s.leader]
	if !v.up {
		return
	}
	v.crash()
	s.after(s.between(10*time.Millisecond, time.Second), func() {
		v.start()
		if s.leader == n {
			s.lead(n, 0)
		}
	})
}

// crashBeside ends the master and the leader in one moment, while others have the data. The
// master's container is in back-off: it had crashed before. Before the record has the
// master's replication id, a leader that knows nothing but the record cannot tell who they are.
func (s *sim) crashBeside() {
	m := s.recordMaster()
	if m == nil || len(s.pods) < 2 || m.replid != s.record.Lineage.ReplID || slices.ContainsFunc(s.pods, func(p *simPod) bool { return !p.alive() }) {
		return
	}
	m.pod.backOff = true
	m.die()
	s.restartInPlace()
}
