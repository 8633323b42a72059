package k8s

import (
	"slices"
	"time"
)

// What clients are told comes from a view of the cluster that is there already, and that goes
// on to be right for a while whatever the API server says. So a replica of the service that
// does not reach it, or is refused something, keeps its clients for a while: else one bad answer
// might take all replicas out of their Service. What has nothing to do with the answers
// never counts.

// Lasting says in words what has not worked for longer than this, of what answers to clients
// depend on in the end: the view, and the records, without which there is no failover. The
// order is stable.
func (h *Health) Lasting(grace time.Duration) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []string
	if o := h.longest(ofView); !o.since.IsZero() && time.Since(o.since) > grace {
		all = append(all, o.String())
	}
	for kind, r := range h.refused {
		if kind.ofView() && time.Since(r.since) > grace {
			all = append(all, r.text)
		}
	}
	slices.Sort(all)
	return all
}

// ofView: nodes are a hint, Events are for people, labels on pods for plain Services.
func (c call) ofView() bool {
	return c.resource != eventResource && c != call{"patch", podResource} && ofView(c.resource.name)
}

func ofView(way string) bool { return way != nodeResource.name }

func ofAll(string) bool { return true }
