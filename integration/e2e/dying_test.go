package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestDyingPod: the master is killed again and again right after each restart, as one
// that runs out of memory. The others serve, and after its third death it is not
// chosen, though it has all the data and the lowest ordinal.
func TestDyingPod(t *testing.T) {
	r := install(t, nil)
	const dying = "dev-redis-cache-0"
	preload(t, r.client())
	for r.podAt(r.settled(3)) != dying {
		r.failover()
	}
	addr := r.settled(3)
	r.caughtUp(addr)
	l := startLoad(t, r.client(), "w")
	for range 3 {
		killed := runID(t.Context(), t, addr)
		r.kill(dying)
		r.takenUp(addr, killed)
		l.awaitMore(t, 200)
	}
	master := r.settled(3)
	l.awaitMore(t, 200)
	l.end()
	if master == addr {
		t.Fatalf("%s is master again after three deaths", dying)
	}
	r.caughtUp(master)
	r.kill(r.podAt(master))
	next := r.settledAfter(master)
	if next == addr {
		t.Errorf("%s was chosen after three deaths within minutes", dying)
	}
	decision := r.says("Stable", func(now record) bool { return now.Phase == "Stable" }).Decision
	t.Logf("%s was chosen: %s", decision.Chosen, decision.Rule)
	for _, each := range r.redisAddrs() {
		if got := keptKeys(t.Context(), t, node(t, each)); got != preloaded {
			t.Errorf("%d of %d keys on %s", got, preloaded, each)
		}
	}
	t.Logf("acknowledged writes %d, lost with the first master %d; errors to the client: %v",
		l.count(), l.lost(t.Context(), t, node(t, next)), l.errors)
}

func runID(ctx context.Context, t *testing.T, addr string) string {
	t.Helper()
	text, err := node(t, addr).Info(ctx, "server").Result()
	if err != nil {
		t.Fatal(err)
	}
	return infoField(text, "run_id")
}

func infoField(text, name string) string {
	for line := range strings.Lines(text) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), name+":"); found {
			return value
		}
	}
	return ""
}

// takenUp waits until another process than the killed one is told whom to follow: the
// service has met it.
func (r *release) takenUp(addr, killed string) {
	r.t.Helper()
	client := node(r.t, addr)
	cluster.Eventually(r.t, time.Minute, "the restarted process follows", func(ctx context.Context) error {
		text, err := client.InfoMap(ctx, "server", "replication").Result()
		if err != nil {
			return err
		}
		replication := text["Replication"]
		if text["Server"]["run_id"] == killed || replication["role"] != "slave" || replication["master_host"] == "127.0.0.1" {
			return fmt.Errorf("run id %s, %v", text["Server"]["run_id"], replication)
		}
		return nil
	})
}

// settledAfter waits until another one than this is master, and all is in sync.
func (r *release) settledAfter(from string) string {
	r.t.Helper()
	r.moved(from)
	return r.settled(3)
}
