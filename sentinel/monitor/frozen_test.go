package monitor_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// TestFrozenMasterAcknowledgesNothing: writes wait in the sockets of a stopped
// master, some from before the pill and some from after it. None may be answered OK.
func TestFrozenMasterAcknowledgesNothing(t *testing.T) {
	f := start(t, "127.0.44", 3)
	f.fill(100)
	for round := range 3 {
		old := f.master()
		f.awaitFence(old)
		var clients []*goredis.Client
		for range 20 {
			c := goredis.NewClient(&goredis.Options{Addr: old.Addr(), MaxRetries: -1, ReadTimeout: time.Minute, PoolSize: 1})
			t.Cleanup(func() { _ = c.Close() })
			if err := c.Ping(t.Context()).Err(); err != nil {
				t.Fatal(err)
			}
			clients = append(clients, c)
		}
		acks := make(chan error, len(clients))
		write := func(c *goredis.Client, n int) {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			acks <- c.Set(ctx, fmt.Sprintf("queued:%d:%d", round, n), "x", 0).Err()
		}
		old.Stop(t)
		for n, c := range clients[:10] {
			go write(c, n)
		}
		f.await("+switch-master")
		for n, c := range clients[10:] {
			go write(c, 10+n)
		}
		old.Cont(t)
		acked := 0
		for range clients {
			if err := <-acks; err == nil {
				acked++
			}
		}
		if acked > 0 {
			t.Errorf("round %d: %d of %d queued writes were acknowledged and are lost", round, acked, len(clients))
		}
		f.awaitReplicas(2)
	}
}

// awaitFence waits until a master asks for a replica.
func (f *fixture) awaitFence(s *redis.Server) {
	f.t.Helper()
	client := s.Client()
	defer client.Close()
	redis.Eventually(f.t, 20*time.Second, "the write fence of "+s.Addr(), func() bool {
		m, err := client.ConfigGet(f.t.Context(), "min-replicas-to-write").Result()
		return err == nil && m["min-replicas-to-write"] == "1"
	})
}
