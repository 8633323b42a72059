package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestTwoServices: a second release whose service looks for all pods of the namespace. It
// serves its own set, leaves the first one's alone and says so; a crash is handled once.
func TestTwoServices(t *testing.T) {
	r := installOn(t, cluster.Options{Nodes: 4}, nil)
	master := r.settled(3)
	preload(t, r.client())
	other := *r
	other.name = "other"
	other.Install(t, other.namespace, other.name, cluster.Values{
		"masterName": "others", "replicaCount": 1,
		"sentinel": cluster.Values{"extraArgs": []string{"--selector="}},
	})
	other.ReadyPods(t, 2*time.Minute, other.namespace, cluster.ServiceSelector(other.name), 3)
	other.tellsWhy("SharedSet", "another service manages this set: Lease dev-redis-cache-mymaster")
	for _, addr := range other.sentinels() {
		s := sentinelAt(t, addr)
		if named, err := s.GetMasterAddrByName(t.Context(), "mymaster").Result(); err == nil {
			t.Errorf("%s of the second service names %s as master of the first one's set", addr, named)
		}
		cluster.Eventually(t, time.Minute, "the second service serves its own set", func(ctx context.Context) error {
			return s.GetMasterAddrByName(ctx, "others").Err()
		})
	}
	epoch := r.epoch()
	r.kill(r.podAt(master))
	next := r.moved(master)
	if got := keptKeys(t.Context(), t, node(t, next)); got != preloaded {
		t.Errorf("%d of %d keys after a crash", got, preloaded)
	}
	if got := r.settled(3); got != next || r.epoch() != epoch+1 {
		t.Errorf("the master is %s in epoch %d, want %s in %d", got, r.epoch(), next, epoch+1)
	}
	cluster.Eventually(t, 30*time.Second, "no record of the second service over the first one's set", func(context.Context) error {
		if leases := r.MustKubectl(t, "get", "leases", "-n", r.namespace, "-o", "name"); strings.Contains(leases, "other-redis-cache-mymaster") {
			return fmt.Errorf("there are %s", leases)
		}
		return nil
	})
}
