package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestForeignHand: somebody sends REPLICAOF by hand. The record decides.
func TestForeignHand(t *testing.T) {
	r := install(t, nil)
	master := r.settled(3)
	preload(t, r.client())
	r.caughtUp(master)
	if err := node(t, master).Do(t.Context(), "REPLICAOF", "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	now := r.writableAgain("the master was made a replica")
	if got := keptKeys(t.Context(), t, node(t, now)); got != preloaded {
		t.Errorf("%d of %d keys on the master", got, preloaded)
	}
	for _, addr := range r.redisAddrs() {
		if addr == now {
			continue
		}
		if err := node(t, addr).Do(t.Context(), "REPLICAOF", "NO", "ONE").Err(); err != nil {
			t.Fatal(err)
		}
		break
	}
	// The service reads each Redis every ten seconds when nothing else happens.
	cluster.Eventually(t, 30*time.Second, "one master only", func(ctx context.Context) error {
		masters := 0
		for _, addr := range r.redisAddrs() {
			text, err := node(t, addr).Do(ctx, "ROLE").Slice()
			if err != nil {
				return err
			}
			if text[0] == "master" {
				masters++
			}
		}
		if masters != 1 {
			return fmt.Errorf("%d masters", masters)
		}
		return nil
	})
	if got := r.settled(3); got != now {
		t.Errorf("the master moved from %s to %s", now, got)
	}
}

// caughtUp waits until two replicas have what the master has. WAIT is about what its own
// connection wrote, so that makes a key and deletes it again.
func (r *release) caughtUp(master string) {
	r.t.Helper()
	client := node(r.t, master)
	cluster.Eventually(r.t, 20*time.Second, "the replicas have caught up", func(ctx context.Context) error {
		conn := client.Conn()
		defer conn.Close()
		if err := conn.Set(ctx, "caught-up", "x", 0).Err(); err != nil {
			return err
		}
		if err := conn.Del(ctx, "caught-up").Err(); err != nil {
			return err
		}
		n, err := conn.Wait(ctx, 2, time.Second).Result()
		if err != nil || n != 2 {
			return fmt.Errorf("%d have (%w)", n, err)
		}
		return nil
	})
}

// writableAgain waits for a write through an unmodified client, and gives the master.
func (r *release) writableAgain(after string) string {
	r.t.Helper()
	client := r.client()
	cluster.Eventually(r.t, 60*time.Second, "a write after "+after, func(ctx context.Context) error {
		return client.Set(ctx, "k", after, 0).Err()
	})
	return r.settled(3)
}

// TestScale: the set grows, then shrinks below its master, under load.
func TestScale(t *testing.T) {
	r := installOn(t, cluster.Options{Nodes: 5}, nil)
	r.settled(3)
	l := startLoad(t, r.client(), "w")
	began := time.Now()
	values := func(n int) cluster.Values { return cluster.Values{"replicaCount": n} }
	r.Upgrade(t, r.namespace, r.name, values(5))
	r.ready(5)
	r.settled(5)
	// The master is to be one that will have to go.
	for r.podAt(r.settled(5)) != "dev-redis-cache-4" {
		r.failover()
	}
	r.Upgrade(t, r.namespace, r.name, values(3))
	r.replaced()
	r.ready(3)
	master := r.settled(3)
	l.awaitMore(t, 200)
	gap, _ := l.gap(began)
	l.end()
	if lost := l.lost(t.Context(), t, node(t, master)); lost > 0 {
		t.Errorf("%d of %d acknowledged writes lost", lost, l.count())
	}
	t.Logf("3 to 5 to 3 pods; longest gap between acknowledged writes %s, errors %v", round(gap), l.errors)
}

// failover asks for one, as a person would, and waits for it.
func (r *release) failover() {
	r.t.Helper()
	from := r.master()
	cluster.Eventually(r.t, 20*time.Second, "SENTINEL FAILOVER is accepted", func(ctx context.Context) error {
		return sentinelAt(r.t, r.sentinels()[0]).Failover(ctx, "mymaster").Err()
	})
	r.moved(from)
}
