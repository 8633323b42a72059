package e2e

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	servers "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// TestFrozenMaster: the master's process is stopped (SIGSTOP) under load and wakes
// after another has taken over. It must not acknowledge a write any more.
func TestFrozenMaster(t *testing.T) {
	r := install(t, nil)
	r.settled(3)
	client := r.client()
	preload(t, client)
	var toSwitch figures
	for n := range rounds(t, 3) {
		master := r.fenced()
		pod := r.podAt(master)
		// Connected before, and patient: its write waits in the socket of the frozen process.
		queued := redis.NewClient(&redis.Options{Addr: master, MaxRetries: -1, ReadTimeout: time.Minute})
		t.Cleanup(func() { _ = queued.Close() })
		if err := queued.Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		heard := listen(t, r.sentinels()[0])
		began := time.Now()
		r.signal(pod, syscall.SIGSTOP)
		process, err := r.Agent.Process(r.namespace, pod, "redis")
		if err != nil {
			t.Fatal(err)
		}
		servers.Stopped(t, process.PID) // until then it may serve what comes
		acked := make(chan error, 1)
		go func() {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			acked <- queued.Set(ctx, fmt.Sprintf("queued:%d", n), "x", 0).Err()
		}()
		toSwitch = append(toSwitch, heard.await(t).Sub(began))
		next := r.moved(master)
		if got := keptKeys(t.Context(), t, node(t, next)); got != preloaded {
			t.Fatalf("round %d: %d of %d keys on the new master", n, got, preloaded)
		}
		r.signal(pod, syscall.SIGCONT)
		woke := time.Now()
		if err := <-acked; err == nil {
			t.Errorf("round %d: the master that was frozen acknowledged a write after it woke", n)
		} else {
			t.Logf("round %d: the queued write got: %v", n, err)
		}
		r.settled(3)
		t.Logf("round %d: settled %s after it woke", n, time.Since(woke).Round(time.Millisecond))
	}
	t.Logf("freeze to +switch-master: %s", toSwitch)
}

// TestReplicaReplacedMeanwhile: a master is frozen, and before it is given up, a replica's
// pod is deleted. The master listed that replica when it was read last, but its process
// has ended and feeds nobody.
func TestReplicaReplacedMeanwhile(t *testing.T) {
	r := install(t, nil)
	client := r.client()
	r.settled(3)
	preload(t, client)
	for n := range rounds(t, 2) {
		master := r.fenced()
		pod, replica := r.podAt(master), r.podAt(others(r.redisAddrs(), master)[0])
		heard := listen(t, r.sentinels()[0])
		if err := r.freeze(pod, "redis"); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		r.MustKubectl(t, "delete", "pod", replica, "-n", r.namespace, "--wait=false")
		t.Logf("round %d: +switch-master %s after the master froze", n, heard.await(t).Sub(began).Round(time.Millisecond))
		r.survived(n, r.moved(master))
		r.wake(pod, "redis")
		r.ready(3)
		r.settled(3)
	}
}

func (r *release) signal(pod string, s syscall.Signal) {
	r.t.Helper()
	if err := r.Agent.Signal(r.namespace, pod, "redis", s); err != nil {
		r.t.Fatal(err)
	}
}

// fenced waits until the set is settled and its write fence is up.
func (r *release) fenced() string {
	r.t.Helper()
	master := r.settled(3)
	cluster.Eventually(r.t, 20*time.Second, "the write fence", func(ctx context.Context) error {
		m, err := node(r.t, master).ConfigGet(ctx, "min-replicas-to-write").Result()
		if err != nil || m["min-replicas-to-write"] != "1" {
			return fmt.Errorf("%v (%w)", m, err)
		}
		return nil
	})
	return master
}

// TestLostNode: the node of the master falls silent: no connection ends. In some rounds
// the leader of the service is lost with it.
func TestLostNode(t *testing.T) {
	r := install(t, nil)
	client := r.client()
	r.settled(3)
	preload(t, client)
	var alone, both figures
	for n := range rounds(t, 3) {
		master := r.fenced()
		node := r.nodeOf(r.podAt(master))
		living := r.sentinelsBut(node)
		leader, err := r.leader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		heard := listen(t, living[0])
		began := time.Now()
		if err := r.Agent.LoseNode(node); err != nil {
			t.Fatal(err)
		}
		took := heard.await(t).Sub(began)
		if r.nodeOf(leader) == node {
			both = append(both, took)
		} else {
			alone = append(alone, took)
		}
		r.survived(n, r.movedBy(master, living))
		if err := r.Agent.RestoreNode(node); err != nil {
			t.Fatal(err)
		}
		r.ready(3)
		r.settled(3)
	}
	t.Logf("node lost to +switch-master: %s; with the leader of the service on it: %s", alone, both)
}

// survived: the new master has the data and takes writes.
func (r *release) survived(round int, master string) {
	r.t.Helper()
	if got := keptKeys(r.t.Context(), r.t, node(r.t, master)); got != preloaded {
		r.t.Fatalf("round %d: %d of %d keys on the new master", round, got, preloaded)
	}
	cluster.Eventually(r.t, 20*time.Second, fmt.Sprintf("round %d: a write after the loss", round), func(ctx context.Context) error {
		return node(r.t, master).Set(ctx, "after", "x", 0).Err() // it may lack the replica that its fence demands
	})
}

func (r *release) nodeOf(pod string) string {
	r.t.Helper()
	object, err := r.Client.CoreV1().Pods(r.namespace).Get(r.t.Context(), pod, getOptions)
	if err != nil {
		r.t.Fatal(err)
	}
	return object.Spec.NodeName
}

// sentinelsBut are the replicas of the service on other nodes.
func (r *release) sentinelsBut(node string) []string {
	r.t.Helper()
	pods, err := r.Pods(r.t.Context(), r.namespace, cluster.ServiceSelector(r.name))
	if err != nil {
		r.t.Fatal(err)
	}
	var addrs []string
	for _, pod := range pods {
		if pod.Spec.NodeName != node {
			addrs = append(addrs, pod.Status.PodIP+":26379")
		}
	}
	return addrs
}
