package hostile_test

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/hostile"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/single"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// mostTaken is what the process may have taken from the system at once, in bytes. The leader alone has a third of the chart's limit of 384Mi without them.
const mostTaken = 96 << 20

// TestSetWithHostileMembers: all attacks at once are members of a set whose master crashes.
// The one replica that is a Redis takes over.
func TestSetWithHostileMembers(t *testing.T) {
	taken := watchMemory(t)
	set := single.Start(t, redis.Program{Path: redis.Binary(t, "redis-server")}, "127.0.58", 2)
	for i, attack := range hostile.RedisAttacks() {
		server, err := hostile.StartRedis(fmt.Sprintf("127.0.58.%d:6379", 100+i), attack)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Close)
		set.Join(fmt.Sprintf("hostile-%d", i), sentinel.Addr{Host: server.Addr().IP.String(), Port: server.Addr().Port})
		redis.Eventually(t, time.Minute, "it is asked: "+attack.Name, func() bool { return server.Met() > 0 })
	}
	old := set.Master()
	began := time.Now()
	old.Kill()
	set.Await("+switch-master")
	took := time.Since(began)
	if set.Master() == old {
		t.Error("the master that crashed is master")
	}
	most := taken()
	t.Logf("switched after %s, %d MiB taken", took, most>>20)
	if most > mostTaken {
		t.Errorf("%d MiB were taken", most>>20)
	}
}

// watchMemory gives back what earlier tests took, and returns what tells the most that the
// process has had from the system since then, in bytes.
func watchMemory(t *testing.T) (most func() uint64) {
	t.Helper()
	debug.FreeOSMemory()
	has := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.Sys - m.HeapReleased
	}
	began := has()
	ctx, stop := context.WithCancel(t.Context())
	peak := make(chan uint64, 1)
	go func() {
		most := began
		for look := time.Tick(10 * time.Millisecond); ctx.Err() == nil; {
			select {
			case <-ctx.Done():
			case <-look:
			}
			most = max(most, has())
		}
		peak <- most
	}()
	t.Cleanup(stop)
	return func() uint64 {
		stop()
		return <-peak
	}
}
