package versions

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/single"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestStrain: INFO of each version tells of full syncs that come to no end, and what a
// process takes of its memory limit.
func TestStrain(t *testing.T) {
	for _, v := range versions {
		t.Run(v.name, func(t *testing.T) {
			s := single.Start(t, v.program(t), v.network, 2)
			fill(t, s)
			t.Run("syncs repeat", func(t *testing.T) { syncsRepeat(t, s) })
			t.Run("memory near limit", func(t *testing.T) { memoryNearLimit(t, s) })
		})
	}
}

// syncsRepeat lets a copy take seconds, in which more is written than may wait for a replica.
// It begins when the master takes writes without its only replica, or the first copy would
// come through. A replica that is cut notices when the copy is done, since the child has the
// connection, too.
func syncsRepeat(t *testing.T, s *single.Set) {
	master, metrics := client(t, s.Master()), s.Monitor.Metrics
	configure := func(name, value string) {
		t.Helper()
		if err := master.ConfigSet(t.Context(), name, value).Err(); err != nil {
			t.Fatal(name, err)
		}
	}
	configure("repl-diskless-sync-delay", "0")
	configure("repl-backlog-size", "16384")
	configure("client-output-buffer-limit", "replica 65536 0 0")
	configure("rdb-key-save-delay", fmt.Sprint(2*time.Second.Microseconds()/keys))
	_ = master.ConfigSet(t.Context(), "repl-rdb-channel", "no").Err() // Redis 8 alone has it: replicas keep the stream themselves
	stop := writeMuch(master)
	defer stop()
	for _, server := range s.Redis {
		if server != s.Master() {
			server.Kill()
			redis.Eventually(t, time.Minute, "the master takes writes alone", func() bool {
				return master.Set(t.Context(), "alone", 1, 0).Err() == nil
			})
			server.Restart(t)
		}
	}
	redis.Eventually(t, time.Minute, "the service tells that syncs repeat", func() bool {
		return s.Told(sentinel.SyncsRepeat) > 0 && metrics.SyncsRepeat.Load() == 1
	})
	configure("rdb-key-save-delay", "0")
	stop()
	s.InSync()
	redis.Eventually(t, 10*time.Second, "syncs do not repeat", func() bool { return metrics.SyncsRepeat.Load() == 0 })
}

// writeMuch writes, whatever comes of it, until it is stopped.
func writeMuch(c *goredis.Client) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for value := strings.Repeat("x", 10_000); ctx.Err() == nil; {
			c.Set(ctx, "much", value, 0)
		}
	}()
	return func() {
		cancel()
		<-ended
	}
}

// memoryNearLimit moves the limit, not the memory.
func memoryNearLimit(t *testing.T, s *single.Set) {
	near := &s.Monitor.Metrics.MemoryNearLimit
	for _, c := range []struct{ limit, near int64 }{{1 << 30, 0}, {1 << 20, 2}, {0, 0}} {
		s.Limit(c.limit)
		redis.Eventually(t, 10*time.Second, fmt.Sprintf("%d processes near the limit of %d bytes", c.near, c.limit), func() bool { return near.Load() == c.near })
	}
	if n := s.Told(sentinel.MemoryNearLimit); n != 2 {
		t.Errorf("it was told %d times, want once for each", n)
	}
}
