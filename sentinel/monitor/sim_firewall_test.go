package monitor_test

import (
	"slices"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// A firewall that rejects: what comes from the service is answered with RST, connections
// that were open end, and everybody else reaches the process, its kubelet as well, which is
// asked where no replica can tell.

func (w *world) reject(d dice, r *process, services ...*service) {
	if r == nil || !r.pod.Ready {
		return
	}
	span := d.rarely(0.6, time.Second, 20*time.Second)
	w.tell("%s rejects %d of the service for %s", r.pod.Name, len(services), span)
	for _, v := range services {
		from := v.place
		w.rejects[from][r.place] = true
		w.after(span, func() { w.rejects[from][r.place] = false })
		for _, q := range w.processes {
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
func (w *world) checkGivenUp(before, next sentinel.Record) {
	if w.plan.name != "firewalls" || before.Phase != sentinel.Stable || next.Phase != sentinel.Promoting && next.Phase != sentinel.Failing {
		return
	}
	m := w.process(before.Master)
	if m == nil || !m.up || m.role != sentinel.RoleMaster {
		return
	}
	leader := w.services[w.leader].place
	for _, l := range m.replicas {
		if r := l.replica; r.up && l.established && r.link == l && w.now()-l.since > time.Second && !w.rejects[leader][r.place] {
			w.violate("given up", "%s is given up (%s), and %s has a link to it", m.pod.Name, next.Reason, r.pod.Name)
			return
		}
	}
}
