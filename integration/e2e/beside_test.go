package e2e

import (
	"syscall"
	"testing"
	"time"
)

// TestLeaderRestartsBesideACrash: the processes of the master and of the leader are killed
// in one moment. The leader's container is back at once under the same name, so that it
// leads again, and has never seen a replica's link up. The master's had crashed before and
// is in back-off, as by a real kubelet. Nobody has to wait for it: two replicas have the data.
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
	leader, err := r.leader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l := startLoad(t, r.client(), "w")
	l.awaitMore(t, 200)

	began := time.Now()
	if err := r.Agent.Signal(r.namespace, leader, "sentinel", syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	r.kill(r.podAt(master))
	next := r.moved(master)
	l.awaitMore(t, 200)
	l.end()
	again, err := r.leader(t.Context())
	if err != nil || again != leader {
		t.Fatalf("%s leads (%v): the restarted %s was to", again, err, leader)
	}
	gap, _ := l.gap(began)
	t.Logf("longest gap between acknowledged writes: %s", round(gap))
	if gap > 8*time.Second {
		t.Errorf("no write was acknowledged for %s, with two replicas that have the data", round(gap))
	}
	if got := keptKeys(t.Context(), t, node(t, next)); got != preloaded {
		t.Errorf("%d of %d keys on the new master", got, preloaded)
	}
}
