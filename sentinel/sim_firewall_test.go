package sentinel

import (
	"slices"
	"time"
)

// A firewall that rejects: what comes from the service is answered with RST, connections
// that were open end, and everybody else reaches the process, its kubelet as well, which is
// asked where no replica can tell.

func (s *sim) reject(r *server, services ...*service) {
	if r == nil || !r.pod.Ready {
		return
	}
	d := s.rarely(0.6, time.Second, 20*time.Second)
	s.tell("%s rejects %d of the service for %s", r.pod.Name, len(services), d)
	for _, v := range services {
		from := v.place
		s.rejects[from][r.place] = true
		s.after(d, func() { s.rejects[from][r.place] = false })
		for _, q := range s.servers {
			for _, c := range slices.Clone(q.conns) {
				if q.place == r.place && c.to.from == from {
					c.end()
				}
			}
		}
	}
}

// checkGivenUp: a master that lives is not given up while a replica that the leader
// reaches has had a link to it for a while.
func (s *sim) checkGivenUp(before, next Record) {
	if s.profile.name != "firewalls" || before.Phase != Stable || next.Phase != Promoting && next.Phase != Failing {
		return
	}
	m := s.process(before.Master)
	if m == nil || !m.up || m.role != RoleMaster {
		return
	}
	leader := s.services[s.leader].place
	for _, l := range m.replicas {
		if r := l.replica; r.up && l.established && r.link == l && s.now-l.since > time.Second && !s.rejects[leader][r.place] {
			s.violate("given up", "%s is given up (%s), and %s has a link to it", m.pod.Name, next.Reason, r.pod.Name)
			return
		}
	}
}
