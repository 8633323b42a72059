package hostile_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/hostile"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/single"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// mostTaken is what the process may have taken from the system in the end, in bytes: it never
// gives that back. The leader alone has a third of the chart's limit of 384Mi without them.
const mostTaken = 192 << 20

// TestSetWithHostileMembers: all attacks at once are members of a set whose master crashes.
// The one replica that is a Redis takes over.
func TestSetWithHostileMembers(t *testing.T) {
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
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("switched after %s, %d MiB taken", took, m.Sys>>20)
	if m.Sys > mostTaken {
		t.Errorf("%d MiB were taken", m.Sys>>20)
	}
}
