package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// adoptedSet is a set that is not born fenced and that others manage: here, this test.
var adoptedSet = strings.NewReplacer(
	`, --replicaof, 127.0.0.1, "1"`, "", "ARGS", `--appendonly, "no"`, "NAME", "legacy",
	"ANNOTATIONS", "redis-sentinel-k8s/mode: observe").Replace(diskSet)

// TestAdoption: a set of others is observed first, through a failover of theirs, and no
// Redis gets an order. Then it is taken over, and nothing is lost by that.
func TestAdoption(t *testing.T) {
	r := install(t, cluster.Values{"sentinel": cluster.Values{"extraArgs": []string{"--selector=redis-sentinel-k8s/master-name"}}})
	r.apply(adoptedSet)
	d := disk{r, "legacy"}
	r.RunningPods(t, time.Minute, r.namespace, "disk=legacy", 3)
	addrs := d.addrs()
	d.lead(addrs[0], addrs[1:]...)
	if got := d.settled(); got != addrs[0] {
		t.Fatalf("%s is named, the others' master is %s", got, addrs[0])
	}
	preload(t, node(t, addrs[0]))
	r.caughtUp(addrs[0])
	r.awaitEvent("NotBornFenced", "--replicaof 127.0.0.1 1")

	sentinel := sentinelAt(t, r.sentinels()[0])
	if err := sentinel.Failover(t.Context(), "legacy").Err(); err == nil || !strings.Contains(err.Error(), "observe") {
		t.Errorf("SENTINEL FAILOVER in mode observe: %v", err)
	}
	heard := listen(t, r.sentinels()[0])
	d.lead(addrs[1], addrs[0], addrs[2])
	heard.await(t)
	if got := d.settled(); got != addrs[1] {
		t.Fatalf("%s is named after the others' failover to %s", got, addrs[1])
	}
	for _, addr := range addrs {
		if given := d.orders(addr); given != 0 {
			t.Errorf("%s got %d orders in mode observe", addr, given)
		}
	}

	r.MustKubectl(t, "annotate", "statefulset", "legacy", "-n", r.namespace, "--overwrite", "redis-sentinel-k8s/mode=manage")
	cluster.Eventually(t, 30*time.Second, "the write fence of the set that was taken over", func(ctx context.Context) error {
		m, err := node(t, addrs[1]).ConfigGet(ctx, "min-replicas-to-write").Result()
		if err != nil || m["min-replicas-to-write"] != "1" {
			return fmt.Errorf("%v (%w)", m, err)
		}
		return nil
	})
	if got := d.settled(); got != addrs[1] {
		t.Errorf("the master moved to %s by being taken over", got)
	}
	if err := sentinel.Failover(t.Context(), "legacy").Err(); err != nil {
		t.Fatal(err)
	}
	heard.await(t)
	if got := keptKeys(t.Context(), t, node(t, d.settled())); got != preloaded {
		t.Errorf("%d of %d keys after the first failover of ours", got, preloaded)
	}
}

// lead makes a Redis the master of others, as those do who manage the set.
func (d disk) lead(master string, replicas ...string) {
	d.t.Helper()
	if err := node(d.t, master).Do(d.t.Context(), "REPLICAOF", "NO", "ONE").Err(); err != nil {
		d.t.Fatal(err)
	}
	for _, addr := range replicas {
		host, port, _ := strings.Cut(master, ":")
		if err := node(d.t, addr).Do(d.t.Context(), "REPLICAOF", host, port).Err(); err != nil {
			d.t.Fatal(err)
		}
	}
}

// orders counts the commands that change a Redis, less those of lead: two a Redis.
func (d disk) orders(addr string) int {
	d.t.Helper()
	stats, err := node(d.t, addr).InfoMap(d.t.Context(), "commandstats").Result()
	if err != nil {
		d.t.Fatal(err)
	}
	given := -2
	for _, command := range []string{"replicaof", "slaveof", "config|set", "client|kill", "client|pause"} {
		var calls int
		_, _ = fmt.Sscanf(stats["Commandstats"]["cmdstat_"+command], "calls=%d", &calls) // none: never called
		given += calls
	}
	return given
}
