package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestCutOffNamesNobody: a replica of the service that neither reaches Kubernetes nor hears
// of both replicas cannot know who is master by now, and says so. It names the master again
// once it sees that they follow it, though Kubernetes is still away.
func TestCutOffNamesNobody(t *testing.T) {
	r := install(t, nil)
	master := r.settled(3)
	sentinels := r.sentinels()
	var replicas []string
	for _, addr := range others(r.redisAddrs(), master) {
		replicas = append(replicas, r.podAt(addr))
	}
	if err := r.Plane.StopAPI(); err != nil {
		t.Fatal(err)
	}
	for _, addr := range sentinels {
		if got := namedBy(t, addr); got != master {
			t.Errorf("%s names %s while Kubernetes alone is away, want %s", addr, got, master)
		}
	}
	for _, pod := range replicas {
		if err := r.freeze(pod, "redis"); err != nil {
			t.Fatal(err)
		}
	}
	for _, addr := range sentinels {
		s := sentinelAt(t, addr)
		cluster.Eventually(t, 30*time.Second, addr+" names nobody", func(ctx context.Context) error {
			named, err := s.GetMasterAddrByName(ctx, "mymaster").Result()
			if !errors.Is(err, redis.Nil) {
				return fmt.Errorf("it names %s (%v)", named, err)
			}
			return nil
		})
	}
	for _, pod := range replicas {
		r.wake(pod, "redis")
	}
	for _, addr := range sentinels {
		s := sentinelAt(t, addr)
		cluster.Eventually(t, 30*time.Second, addr+" names the master again", func(ctx context.Context) error {
			named, err := s.GetMasterAddrByName(ctx, "mymaster").Result()
			if err != nil || named[0]+":"+named[1] != master {
				return fmt.Errorf("it names %s (%v), want %s", named, err, master)
			}
			return nil
		})
	}
	if err := r.Plane.StartAPI(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.ready(3)
	if got := r.settled(3); got != master {
		t.Errorf("%s is master in the end, want %s", got, master)
	}
}
