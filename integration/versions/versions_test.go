package versions

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/single"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

const keys = 1000

// version is one program, and the loopback network for its tests.
type version struct {
	name    string
	file    string // in the folder of install.sh; empty: this computer's redis-server
	old     bool
	network string
	reports string // how INFO begins to tell of it
}

var versions = []version{
	{"Redis 6.2", "redis-6.2", true, "127.0.46", "redis_version:6.2."},
	{"Redis 7.0", "", false, "127.0.47", "redis_version:7."},
	{"Redis 8.0", "redis-8.0", false, "127.0.51", "redis_version:8.0."},
	{"Valkey 8.1", "valkey-8.1", false, "127.0.52", "valkey_version:8.1."},
	{"Valkey 9", "valkey-9", false, "127.0.48", "valkey_version:9."},
}

// program finds the binary, or skips the test; under CI=true that is a failure.
func (v version) program(t *testing.T) redis.Program {
	t.Helper()
	if v.file == "" {
		return redis.Program{Path: redis.Binary(t, "redis-server")}
	}
	folder, err := exec.CommandContext(t.Context(), "sh", "install.sh", "--where").Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(strings.TrimSpace(string(folder)), v.file)
	if _, err := os.Stat(path); err == nil {
		return redis.Program{Path: path, Old: v.old}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: integration/versions/install.sh", v.name)
	}
	t.Skipf("%s is missing: integration/versions/install.sh", v.name)
	return redis.Program{}
}

func TestVersions(t *testing.T) {
	for _, v := range versions {
		t.Run(v.name, func(t *testing.T) {
			s := single.Start(t, v.program(t), v.network, 3)
			text, err := client(t, s.Master()).Info(t.Context(), "server").Result()
			if err != nil || !strings.Contains(text, v.reports) {
				t.Fatalf("want %s (%v):\n%s", v.reports, err, text)
			}
			fill(t, s)
			t.Run("crash", func(t *testing.T) { crash(t, s) })
			t.Run("planned", func(t *testing.T) { planned(t, s) })
			t.Run("frozen", func(t *testing.T) { frozen(t, s) })
		})
	}
}

// TestEmptied: what a process found on its disk is dropped in one transaction, which Redis
// refuses in most other forms where it is a replica.
func TestEmptied(t *testing.T) {
	for _, v := range versions {
		t.Run(v.name, func(t *testing.T) {
			s := v.program(t).Start(t, v.network+".100", 6379, "--replicaof", "127.0.0.1", "1", "--min-replicas-to-write", "1")
			c := client(t, s)
			conn, _, err := node.Dial(t.Context(), sentinel.Addr{Host: s.Host, Port: s.Port}, "a-test", node.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(conn.Close)
			if _, err := conn.Promote(t.Context(), 0, time.Second); err != nil {
				t.Fatal(err)
			}
			if err := c.Set(t.Context(), "old", "x", 0).Err(); err != nil {
				t.Fatal(err)
			}
			before, err := conn.Demote(t.Context())
			if err != nil || before.Keys != 1 {
				t.Fatalf("%+v, %v", before, err)
			}
			after, err := conn.Empty(t.Context())
			if err != nil || after.Keys != 0 || !after.Fenced() || after.ReplID == before.ReplID {
				t.Errorf("%+v, %v", after, err)
			}
		})
	}
}

func client(t *testing.T, s *redis.Server) *goredis.Client {
	t.Helper()
	c := s.Client()
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// fill gives the master keys and waits until its replicas have them.
func fill(t *testing.T, s *single.Set) {
	t.Helper()
	conn := client(t, s.Master()).Conn()
	defer conn.Close()
	pipe := conn.Pipeline()
	for i := range keys {
		pipe.Set(t.Context(), fmt.Sprintf("k:%d", i), "value", 0)
	}
	if _, err := pipe.Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Wait(t.Context(), len(s.Redis)-1, 10*time.Second).Result(); err != nil || int(n) != len(s.Redis)-1 {
		t.Fatalf("%d replicas have it: %v", n, err)
	}
}

// whole counts the keys on every server.
func whole(t *testing.T, s *single.Set) {
	t.Helper()
	for _, server := range s.Redis {
		c := client(t, server)
		names := make([]string, keys)
		for i := range names {
			names[i] = fmt.Sprintf("k:%d", i)
		}
		redis.Eventually(t, 10*time.Second, fmt.Sprintf("%d keys on %s", keys, server.Addr()), func() bool {
			n, err := c.Exists(context.Background(), names...).Result()
			return err == nil && n == keys
		})
	}
}

// crash kills the master and lets it begin anew, empty, at once.
func crash(t *testing.T, s *single.Set) {
	for round := range 3 {
		old := s.Master()
		full := fulls(t, s, old)
		began := time.Now()
		old.Kill()
		if err := old.Boot(); err != nil {
			t.Fatal(err)
		}
		s.Await("+switch-master")
		t.Logf("round %d: %s", round, time.Since(began).Round(time.Millisecond))
		if s.Master() == old {
			t.Fatalf("round %d: clients are still told of %s", round, old)
		}
		s.InSync()
		whole(t, s)
		if got := fulls(t, s, old) - full; got > 1 {
			t.Errorf("round %d: %d full resyncs, want that of the restarted server only", round, got)
		}
	}
}

// fulls adds the full resyncs that all servers but one have given.
func fulls(t *testing.T, s *single.Set, but *redis.Server) int {
	t.Helper()
	sum := 0
	for _, server := range s.Redis {
		if server == but {
			continue
		}
		text, err := client(t, server).Info(t.Context(), "stats").Result()
		if err != nil {
			t.Fatal(err)
		}
		var n int
		_, rest, _ := strings.Cut(text, "sync_full:")
		if _, err := fmt.Sscan(rest, &n); err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// planned switches under writes, which follow as clients do; none may be lost.
func planned(t *testing.T, s *single.Set) {
	for round := range 3 {
		old := s.Master()
		w := startWriter(s, fmt.Sprintf("w:%d", round))
		w.more(t, 200)
		if err := s.Monitor.Failover(t.Context(), single.Name, "a test"); err != nil {
			t.Fatal(err)
		}
		s.Await("+switch-master")
		w.more(t, 200)
		w.end()
		next := s.Master()
		if next == old {
			t.Fatalf("round %d: %s is still the master", round, old)
		}
		n, err := client(t, next).Exists(t.Context(), w.acked...).Result()
		if err != nil || int(n) != len(w.acked) {
			t.Errorf("round %d: the new master has %d of %d acknowledged writes (%v)", round, n, len(w.acked), err)
		}
		t.Logf("round %d: longest gap %s, %d writes, none lost", round, w.gap.Round(time.Millisecond), len(w.acked))
		s.InSync()
		whole(t, s)
	}
}

// writer writes to whom clients are told of.
type writer struct {
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu    sync.Mutex
	acked []string
	gap   time.Duration
}

func startWriter(s *single.Set, prefix string) *writer {
	w := &writer{}
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	w.wg.Go(func() {
		last := time.Now()
		master := s.Master()
		c := master.Client()
		for i := 0; ctx.Err() == nil; i++ {
			key := fmt.Sprintf("%s:%d", prefix, i)
			if err := c.Set(context.Background(), key, i, 0).Err(); err == nil {
				w.mu.Lock()
				w.acked = append(w.acked, key)
				w.gap = max(w.gap, time.Since(last))
				last = time.Now()
				w.mu.Unlock()
			}
			if now := s.Master(); now != master {
				_ = c.Close()
				master, c = now, now.Client()
			}
			time.Sleep(time.Millisecond) // the writer's own pace
		}
		_ = c.Close()
	})
	return w
}

func (w *writer) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.acked)
}

func (w *writer) more(t *testing.T, n int) {
	t.Helper()
	want := w.count() + n
	redis.Eventually(t, 20*time.Second, fmt.Sprintf("%d writes", want), func() bool { return w.count() >= want })
}

func (w *writer) end() {
	w.stop()
	w.wg.Wait()
}

// frozen stops the master with writes in its sockets, some from before another took
// over and some from after it. When it wakes it may acknowledge none.
func frozen(t *testing.T, s *single.Set) {
	const each = 5
	s.Fenced()
	old := s.Master()
	acks := make(chan error, 2*each)
	write := func(c *goredis.Client, n int) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		acks <- c.Set(ctx, fmt.Sprintf("queued:%d", n), "x", 0).Err()
	}
	clients := make([]*goredis.Client, 2*each)
	for i := range clients {
		clients[i] = goredis.NewClient(&goredis.Options{Addr: old.Addr(), MaxRetries: -1, ReadTimeout: time.Minute, PoolSize: 1})
		t.Cleanup(func() { _ = clients[i].Close() })
		if err := clients[i].Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	old.Stop(t)
	for n, c := range clients[:each] {
		go write(c, n)
	}
	s.Await("+switch-master")
	t.Logf("freeze to +switch-master: %s", time.Since(began).Round(time.Millisecond))
	for n, c := range clients[each:] {
		go write(c, each+n)
	}
	old.Cont(t)
	for range clients {
		if err := <-acks; err == nil {
			t.Error("a write that was queued in the frozen master was acknowledged")
		}
	}
	s.InSync()
	whole(t, s)
}
