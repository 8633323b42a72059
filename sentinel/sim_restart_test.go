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
	if !v.up || s.heardOnly() {
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

// heardOnly: the master ended before the record had its replication id, which only the
// leader has heard of: the replicas stand still and name nobody. A second restart of the
// leader within these milliseconds costs the wait that the first one does not.
func (s *sim) heardOnly() bool {
	m := s.recordMaster()
	return m != nil && !m.up && m.pod.backOff && m.replid != s.record.Lineage.ReplID
}

// crashBeside ends the master and the leader in one moment, while others have the data, or
// one has by now. The master's container is in back-off: it had crashed before.
func (s *sim) crashBeside() {
	m := s.recordMaster()
	if m == nil || !slices.ContainsFunc(s.pods, func(p *simPod) bool { return p.server != m && p.alive() }) {
		return
	}
	s.restartInPlace()
	m.pod.backOff = true
	m.die()
}
