package everyday

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// step is a change of a set's size, with or without one of its pods' template in the same
// upgrade.
type step struct {
	size   int
	rolled bool
}

// steps lead from three pods; the short form has those that lost all data once.
func steps() []step {
	if testing.Short() {
		return []step{{1, true}, {3, false}}
	}
	return []step{{1, true}, {3, false}, {2, true}, {1, false}, {2, true}, {1, true}, {3, true}, {2, false}, {3, false}, {1, false}, {3, true}}
}

// TestSizes: the data stays as long as one pod does.
func TestSizes(t *testing.T) {
	s := newSet(t, "sizes")
	template := 0
	values := func(size int) cluster.Values {
		return cluster.Values{
			"replicaCount": size, "redis": cluster.Values{"podAnnotations": cluster.Values{"template": strconv.Itoa(template)}},
		}
	}
	s.install(values(3))
	s.fill(s.master(3))
	for _, step := range steps() {
		if step.rolled {
			template++
		}
		took, err := s.Upgrade(t.Context(), values(step.size))
		s.must(err)
		s.hasAll(s.master(step.size), fmt.Sprintf("%d pods, template changed: %v", step.size, step.rolled))
		t.Logf("%d pods, template changed: %v: all keys; took %.1f s", step.size, step.rolled, took.Seconds())
	}
	for _, size := range []int{0, 3} {
		_, err := s.Upgrade(t.Context(), values(size))
		s.must(err)
	}
	s.must(s.server(s.master(3)).Set(t.Context(), "after", "x", 0).Err())
	s.remove()
}
