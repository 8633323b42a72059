package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	agent "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

const preloaded = 10_000

// rounds is how often a thing is done; -short does it a tenth as often.
func rounds(t *testing.T, n int) int {
	t.Helper()
	if text := os.Getenv("ROUNDS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if testing.Short() {
		return max(1, n/10)
	}
	return n
}

// preload fills the master with keys.
func preload(t *testing.T, client *redis.Client) {
	t.Helper()
	pipe := client.Pipeline()
	for i := range preloaded {
		pipe.Set(t.Context(), fmt.Sprintf("preloaded:%d", i), i, 0)
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// keptKeys counts the preloaded keys on one Redis.
func keptKeys(ctx context.Context, t *testing.T, c *redis.Client) int {
	t.Helper()
	keys := make([]string, preloaded)
	for i := range keys {
		keys[i] = fmt.Sprintf("preloaded:%d", i)
	}
	n, err := c.Exists(ctx, keys...).Result()
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

// TestInstall: what a person sees after `helm install`.
func TestInstall(t *testing.T) {
	r := install(t, nil)
	master := r.settled(3)
	client := r.client()
	if err := client.Set(t.Context(), "hello", "world", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got := node(t, master).Get(t.Context(), "hello").Val(); got != "world" {
		t.Errorf("the master that redis-cli would be told, %s, has %q, want world", master, got)
	}
	addr := r.sentinels()[0]
	host, port, _ := strings.Cut(addr, ":")
	out, err := exec.CommandContext(t.Context(), "redis-cli", "-h", host, "-p", port, "sentinel", "get-master-addr-by-name", "mymaster").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(strings.Fields(string(out)), ":"); got != master {
		t.Errorf("redis-cli is told %s, want %s", got, master)
	}
	leases := r.MustKubectl(t, "get", "leases", "-n", r.namespace)
	if pod := r.podAt(master); !strings.Contains(leases, pod) {
		t.Errorf("kubectl get leases does not name %s:\n%s", pod, leases)
	}
	peers, err := redis.NewSentinelClient(&redis.Options{Addr: addr}).Sentinels(t.Context(), "mymaster").Result()
	if err != nil || len(peers) != 2 {
		t.Errorf("SENTINEL SENTINELS lists %v (%v), want the two others", peers, err)
	}
	cluster.Eventually(t, 30*time.Second, "the Services of the roles", func(ctx context.Context) error {
		for role, want := range map[string]int{"master": 1, "replica": 2} {
			pods, err := r.Pods(ctx, r.namespace, cluster.RedisSelector(r.name)+",redis-sentinel-k8s/role="+role)
			if err != nil || len(pods) != want {
				return fmt.Errorf("%d pods labelled %s, want %d (%w)", len(pods), role, want, err)
			}
		}
		return nil
	})
}

// TestCrash: the master's process is killed and is back at once, empty, at the
// same address, again and again. No kubelet is so quick, and each would wait for
// longer and longer. But it is what gives the service the least time, and what it
// must not be late for; TestDyingPod has a kubelet's times.
func TestCrash(t *testing.T) {
	r := installOn(t, cluster.Options{Restarts: []agent.Restarts{agent.AtOnce}}, nil)
	r.settled(3)
	client := r.client()
	preload(t, client)
	var listeners []*listener
	for _, addr := range r.sentinels() {
		listeners = append(listeners, listen(t, addr))
	}
	var toSwitch, toWrite figures
	full := 0
	l := startLoad(t, client, "w")
	for n := range rounds(t, 50) {
		master := r.settled(3)
		// At any moment of the seconds in which the service looks around, not only right
		// after the change before.
		time.Sleep(time.Duration(n*97%1000) * time.Millisecond)
		began := time.Now()
		r.kill(r.podAt(master))
		for i, heard := range listeners {
			if at := heard.await(t); i == 0 {
				toSwitch = append(toSwitch, at.Sub(began))
			}
		}
		l.awaitMore(t, 200)
		_, resumed := l.gap(began)
		toWrite = append(toWrite, resumed.Sub(began))
		next := r.master()
		if next == master {
			t.Fatalf("round %d: the killed %s is still named", n, master)
		}
		if got := keptKeys(t.Context(), t, node(t, next)); got != preloaded {
			t.Fatalf("round %d: %d of %d keys on the new master", n, got, preloaded)
		}
		r.settled(3)
		full += r.fullResyncs(next, n)
	}
	t.Logf("kill to +switch-master: %s", toSwitch)
	t.Logf("kill to first acknowledged write: %s", toWrite)
	l.end()
	t.Logf("acknowledged writes: %d, of these lost with the masters: %d", l.count(), l.lost(t.Context(), t, node(t, r.settled(3))))
	t.Logf("full resyncs of survivors: %d", full)
	if full > 0 {
		t.Errorf("%d full resyncs of replicas that had survived, want none", full)
	}
	for _, addr := range r.redisAddrs() {
		if got := keptKeys(t.Context(), t, node(t, addr)); got != preloaded {
			t.Errorf("%d of %d keys on %s at the end", got, preloaded, addr)
		}
	}
}

// fullResyncs is how many full resyncs the new master gave beyond the one that
// the restarted, empty process needs.
func (r *release) fullResyncs(master string, round int) int {
	r.t.Helper()
	text, err := node(r.t, master).Info(r.t.Context(), "stats").Result()
	if err != nil {
		r.t.Fatal(err)
	}
	more := max(0, r.countOf(text, "sync_full")-1)
	if more > 0 {
		s := redis.NewSentinelClient(&redis.Options{Addr: r.sentinels()[0]})
		defer s.Close()
		why := redis.NewSliceCmd(r.t.Context(), "SENTINEL", "WHY", "mymaster")
		_ = s.Process(r.t.Context(), why)
		r.t.Logf("round %d: %d full resyncs beyond that from %s; %v", round, more, master, why.Val())
	}
	return more
}

func (r *release) countOf(info, field string) int {
	for line := range strings.Lines(info) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), field+":"); ok {
			n, _ := strconv.Atoi(value)
			return n
		}
	}
	return 0
}

// callsOf reads one line of INFO commandstats.
func callsOf(text, command string) int {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, "cmdstat_"+command+":calls="); ok {
			count, _, _ := strings.Cut(rest, ",")
			n, _ := strconv.Atoi(count)
			return n
		}
	}
	return 0
}
