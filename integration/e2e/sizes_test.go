package e2e

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestSizes: the set becomes smaller and larger in every way, with and without another
// template in the same upgrade. The data stays as long as one pod does.
func TestSizes(t *testing.T) {
	r := installOn(t, cluster.Options{Nodes: 5}, nil)
	r.settled(3)
	preload(t, r.client())
	s := &sizes{release: r}
	s.resize(3, true)
	for _, step := range []struct {
		size   int
		rolled bool
	}{{5, false}, {2, false}, {3, true}, {1, false}, {2, true}, {5, true}, {1, true}, {3, false}, {1, true}} {
		began := time.Now()
		s.resize(step.size, step.rolled)
		t.Logf("%d servers, template changed: %v; took %s", step.size, step.rolled, time.Since(began).Round(time.Second))
	}
	r.MustKubectl(t, "scale", "statefulset", "dev-redis-cache", "-n", r.namespace, "--replicas=0")
	r.replaced()
	r.Upgrade(t, r.namespace, r.name, cluster.Values{"replicaCount": 3})
	r.ready(3)
	r.writableAgain("the set had no pods") // a cache without a pod has no data
}

// TestShrinkAndReplace: a set shrinks to one server while that one is replaced, from every
// master: all pods are deleted at once.
func TestShrinkAndReplace(t *testing.T) {
	r := install(t, nil)
	r.settled(3)
	preload(t, r.client())
	s := &sizes{release: r}
	s.resize(3, true)
	for n := range 3 {
		r.makeMaster("dev-redis-cache-" + strconv.Itoa(n))
		r.caughtUp(r.settled(3))
		s.resize(1, true)
		s.resize(3, n == 1)
	}
}

// makeMaster lets a pod be the next master that is asked for.
func (r *release) makeMaster(pod string) {
	r.t.Helper()
	if r.podAt(r.settled(3)) == pod {
		return
	}
	for _, addr := range r.redisAddrs() {
		if r.podAt(addr) == pod {
			r.set(addr, "replica-priority", "1")
			defer r.set(addr, "replica-priority", "100")
		}
	}
	cluster.Eventually(r.t, time.Minute, pod+" is master", func(context.Context) error {
		r.failover()
		if now := r.podAt(r.settled(3)); now != pod {
			return fmt.Errorf("it is %s", now)
		}
		return nil
	})
}

// sizes counts the templates of a release.
type sizes struct {
	*release
	template int
}

// resize upgrades to so many servers, with another template if rolled, and wants all keys
// on the master afterwards.
func (s *sizes) resize(size int, rolled bool) {
	s.t.Helper()
	if rolled {
		s.template++
	}
	s.Upgrade(s.t, s.namespace, s.name, cluster.Values{
		"replicaCount": size, "redis": cluster.Values{"podAnnotations": cluster.Values{"template": strconv.Itoa(s.template)}},
	})
	s.MustKubectl(s.t, "rollout", "status", "statefulset", "-n", s.namespace, "-l", cluster.RedisSelector(s.name), "--timeout=180s")
	s.replaced()
	s.ReadyPods(s.t, 2*time.Minute, s.namespace, cluster.RedisSelector(s.name), size)
	master := s.settled(size)
	if got := keptKeys(s.t.Context(), s.t, node(s.t, master)); got != preloaded {
		s.t.Fatalf("%d of %d keys with %d servers, template changed: %v", got, preloaded, size, rolled)
	}
}
