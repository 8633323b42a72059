package everyday

import (
	"context"
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
	// Without a pod a cache has no data. The chart takes no size of 0, kubectl does.
	s.kubectl("scale", "statefulset", s.FullName(), "--replicas=0")
	s.eventually("the end of all pods", func(ctx context.Context) error {
		pods, err := s.Pods(ctx, s.Namespace, cluster.RedisSelector(s.Name))
		if err == nil && len(pods) > 0 {
			err = fmt.Errorf("%d are left", len(pods))
		}
		return err
	})
	_, err := s.Upgrade(t.Context(), values(3))
	s.must(err)
	s.must(s.server(s.master(3)).Set(t.Context(), "after", "x", 0).Err())
	s.remove()
}
