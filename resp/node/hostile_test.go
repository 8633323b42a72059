package node_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/hostile"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

const (
	// mostAllocated is what all questions to one hostile Redis may take in all, garbage
	// included: a dozen texts of a megabyte, in buffers that have grown to it, and what was
	// made of them.
	mostAllocated = 64 << 20
	// mostHeld is what is kept of one reading.
	mostHeld = 192 << 10
)

// TestHostile: whatever answers at a pod's address costs little, and is not waited for.
func TestHostile(t *testing.T) {
	for _, attack := range hostile.RedisAttacks() {
		t.Run(attack.Name, func(t *testing.T) {
			server, err := hostile.StartRedis("127.0.43.26:0", attack)
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			addr := sentinel.Addr{Host: server.Addr().IP.String(), Port: server.Addr().Port}
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			kept, _ := askAll(t, addr)
			runtime.GC()
			runtime.ReadMemStats(&after)
			if n := after.TotalAlloc - before.TotalAlloc; n > mostAllocated {
				t.Errorf("%s: %d MiB were allocated", attack.About, n>>20)
			}
			if n := int64(after.HeapAlloc) - int64(before.HeapAlloc); n > mostHeld*int64(1+len(kept)) {
				t.Errorf("%s: %d KiB are held", attack.About, n>>10)
			}
			for _, s := range kept {
				wellFormed(t, s)
			}
		})
	}
}

// TestHostileIsHonestElse: without an attack all questions are answered, so that it is the
// attack that is held off.
func TestHostileIsHonestElse(t *testing.T) {
	server, err := hostile.StartRedis("127.0.43.26:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	kept, errs := askAll(t, sentinel.Addr{Host: server.Addr().IP.String(), Port: server.Addr().Port})
	if err := errors.Join(errs...); err != nil || len(kept) != 11 {
		t.Errorf("%d readings, %v", len(kept), err)
	}
}

// askAll asks one after the other what the service asks, and returns what it was told.
func askAll(t *testing.T, addr sentinel.Addr) (kept []sentinel.Snapshot, errs []error) {
	t.Helper()
	opts := node.Options{Timeout: time.Second}
	older := func(name string) (bool, error) { return name == "ctl-1.1", nil }
	freeze := func(c *node.Conn, ctx context.Context) (sentinel.Snapshot, error) { return c.Freeze(ctx) }
	for _, ask := range []func(*node.Conn, context.Context) (sentinel.Snapshot, error){
		(*node.Conn).Snapshot, freeze, (*node.Conn).Empty, (*node.Conn).Pill,
		func(c *node.Conn, ctx context.Context) (sentinel.Snapshot, error) {
			return sentinel.Snapshot{}, c.KillOlder(ctx, older)
		},
		func(c *node.Conn, ctx context.Context) (sentinel.Snapshot, error) {
			return sentinel.Snapshot{}, c.Ready(ctx)
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		conn, first, err := node.Dial(ctx, addr, "a-test", opts)
		if err == nil {
			kept = append(kept, first)
			var s sentinel.Snapshot
			if s, err = ask(conn, ctx); s.RunID != "" {
				kept = append(kept, s)
			}
			conn.Close()
		}
		cancel()
		shortError(t, err)
		errs = append(errs, err)
	}
	pulse, first, err := node.Watch(t.Context(), addr, "a-pulse", opts)
	if err != nil {
		shortError(t, err)
		return kept, append(errs, err)
	}
	defer pulse.Close()
	began := time.Now()
	_, err = pulse.Ping(began.Add(500 * time.Millisecond))
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("a PING was given up after %s", took)
	}
	shortError(t, err)
	return append(kept, first), append(errs, err)
}

func shortError(t *testing.T, err error) {
	t.Helper()
	if err != nil && len(err.Error()) > 1024 {
		t.Errorf("an error of %d bytes: %.100s", len(err.Error()), err)
	}
}

// wellFormed: what gets into decisions and records.
func wellFormed(t *testing.T, s sentinel.Snapshot) {
	t.Helper()
	for name, id := range map[string]string{"run id": s.RunID, "replication id": s.ReplID, "second replication id": s.ReplID2} {
		if len(id) != 40 && (id != "" || name == "run id") {
			t.Errorf("a %s of %d bytes: %.60q", name, len(id), id)
		}
	}
	for name, text := range map[string]string{"version": s.Version, "host": s.MasterAddr.Host} {
		if len(text) > 256 {
			t.Errorf("a %s of %d bytes", name, len(text))
		}
	}
	for _, a := range s.Attached {
		if len(a.Addr.Host) > 256 {
			t.Errorf("a replica's host of %d bytes", len(a.Addr.Host))
		}
	}
	if s.Offset < 0 || s.ReplicaOffset < 0 || s.SecondOffset < -1 || s.Keys < 0 || s.Priority < 0 {
		t.Errorf("numbers: %d, %d, %d, %d keys, priority %d", s.Offset, s.ReplicaOffset, s.SecondOffset, s.Keys, s.Priority)
	}
	if len(s.Info) > 64<<10 {
		t.Errorf("%d bytes of INFO are kept", len(s.Info))
	}
}
