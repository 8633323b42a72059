package main

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/fleet"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/hostile"
)

// siege is everything of package hostile against the service. Half of the rounds are played
// under it: pods that have the right labels and are no Redis, and strangers at the port of
// metrics, in each of these, and the attacks of clients by turns.
type siege struct {
	cluster   *fleet.Cluster
	intruders []string // their addresses
	turn      int
}

// intrude declares the pods. They are refused connections until a siege begins.
func intrude(ctx context.Context, c *fleet.Cluster) (*siege, error) {
	s := &siege{cluster: c}
	for i := range hostile.RedisAttacks() {
		addr, err := c.Intruder(ctx, i)
		if err != nil {
			return nil, err
		}
		s.intruders = append(s.intruders, addr)
	}
	return s, nil
}

// begin begins one, and tells which clients attack in it. lift ends it.
func (s *siege) begin(ctx context.Context, master string) (by string, lift func() error, err error) {
	names := slices.Sorted(maps.Keys(hostile.ClientAttacks))
	by = names[s.turn%len(names)]
	s.turn++
	ctx, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	var mu sync.Mutex
	var failed error
	var pods []*hostile.Redis
	lift = func() error {
		stop()
		for _, pod := range pods {
			pod.Close()
		}
		running.Wait()
		return failed
	}
	for i, attack := range hostile.RedisAttacks() {
		pod, err := hostile.StartRedis(s.intruders[i], attack)
		if err != nil {
			return by, nil, fmt.Errorf("%w (%w)", err, lift())
		}
		pods = append(pods, pod)
	}
	for _, addr := range s.cluster.Sentinels() {
		running.Go(func() {
			if err := hostile.ClientAttacks[by](ctx, addr, master); err != nil && ctx.Err() == nil {
				mu.Lock()
				defer mu.Unlock()
				failed = fmt.Errorf("%s: %w", by, err)
			}
		})
	}
	for _, addr := range s.cluster.Metrics() {
		running.Go(func() {
			hostile.Scrape(ctx, func(ctx context.Context) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, "tcp", addr)
			}, strangers)
		})
	}
	return by, lift, nil
}

// strangers ask for metrics at once.
const strangers = 20
