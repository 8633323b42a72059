package e2e

import (
	"syscall"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestLeaderRestartsBesideACrash: the processes of the master and of all replicas of the
// service are killed in one moment. The service's containers are back at once, and whoever
// leads has never seen a replica's link up. The master's had crashed before and is in
// back-off, as by a real kubelet. Nobody has to wait for it: two replicas have the data.
func TestLeaderRestartsBesideACrash(t *testing.T) {
	r := install(t, nil)
	master := r.settled(3)
	preload(t, r.client())
	for crashed := map[string]bool{}; !crashed[r.podAt(master)]; { // the first restart is at once
		r.caughtUp(master)
		crashed[r.podAt(master)] = true
		r.kill(r.podAt(master))
		master = r.settledAfter(master)
	}
	r.caughtUp(master)
	services, err := r.Pods(t.Context(), r.namespace, cluster.ServiceSelector(r.name))
	if err != nil || len(services) != 3 {
		t.Fatalf("%d service pods: %v", len(services), err)
	}
	l := startLoad(t, r.client(), "w")
	l.awaitMore(t, 200)

	began := time.Now()
	for pod := range services {
		if err := r.Agent.Signal(r.namespace, pod, "sentinel", syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	r.kill(r.podAt(master))
	next := r.moved(master)
	l.awaitMore(t, 200)
	l.end()
	gap, _ := l.gap(began)
	t.Logf("longest gap between acknowledged writes: %s", round(gap))
	if gap > 8*time.Second {
		t.Errorf("no write was acknowledged for %s, with two replicas that have the data", round(gap))
	}
	if got := keptKeys(t.Context(), t, node(t, next)); got != preloaded {
		t.Errorf("%d of %d keys on the new master", got, preloaded)
	}
}
