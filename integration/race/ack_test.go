package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

var origin = time.Unix(1_000_000, 0)

func at(n int) time.Time { return origin.Add(time.Duration(n) * ms) }

// acksAt are acknowledgements at these milliseconds; each write took one.
func acksAt(times ...int) []ack {
	var acks []ack
	for _, n := range times {
		acks = append(acks, ack{began: at(n - 1), at: at(n)})
	}
	return acks
}

func TestLongestGap(t *testing.T) {
	for _, c := range []struct {
		name       string
		acks       []ack
		event, end int
		want       time.Duration
	}{
		{"between two after the event", acksAt(90, 101, 103, 130, 132), 100, 135, 27 * ms},
		{"begun before the event", acksAt(80, 92, 120, 125), 100, 126, 28 * ms},
		{"over before the event", acksAt(10, 60, 99, 101), 100, 102, 2 * ms},
		{"open at the end", acksAt(99, 101), 100, 150, 49 * ms},
		{"nothing after the event", acksAt(95, 98), 100, 150, 52 * ms},
		{"nothing at all", nil, 100, 150, 50 * ms},
		{"after the end is not looked at", acksAt(99, 101, 500), 100, 110, 9 * ms},
	} {
		if got := longestGap(c.acks, at(c.event), at(c.end)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestTwoMasters(t *testing.T) {
	by := func(node, began, end int) ack { return ack{by: node, began: at(began), at: at(end)} }
	for _, c := range []struct {
		name string
		acks []ack
		from int
		want time.Duration
	}{
		{"one after the other", []ack{by(0, 8, 9), by(0, 10, 11), by(1, 20, 21), by(1, 22, 23)}, 0, 0},
		{"at the same time", []ack{by(0, 8, 9), by(1, 20, 21), by(0, 24, 25), by(1, 26, 27), by(0, 30, 31)}, 0, 9 * ms},
		{"an answer that came late proves nothing", []ack{by(0, 8, 9), by(1, 20, 21), by(0, 15, 25)}, 0, 0},
		{"only the old one", []ack{by(0, 8, 9), by(0, 30, 31)}, 0, 0},
		{"only since it woke", []ack{by(1, 20, 21), by(1, 99, 101), by(0, 100, 102), by(0, 110, 111)}, 100, 9 * ms},
		{"another before the event", []ack{by(1, 5, 6), by(0, 8, 9), by(0, 30, 31)}, 7, 0},
	} {
		if got := twoMasters(c.acks, 0, at(c.from)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// startRedis starts a Redis at an address that is ours alone.
func startRedis(t *testing.T) *redis.Server {
	t.Helper()
	redis.Binary(t, "redis-server")
	subnet, release, err := node.LockSubnet()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	return redis.Start(t, fmt.Sprintf("127.%d.1.1", subnet), redisPort)
}

// TestLost counts on a real Redis, over more keys than one request asks for.
func TestLost(t *testing.T) {
	client := startRedis(t).Client()
	t.Cleanup(func() { _ = client.Close() })
	var acks []ack
	for n := range 2500 {
		a := ack{key: key(n)}
		acks = append(acks, a)
		if n%1000 == 7 {
			continue
		}
		if err := client.Set(t.Context(), a.key, n, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	got, err := lost(t.Context(), client, acks)
	if err != nil || got != 3 {
		t.Errorf("%d lost (%v), want 3", got, err)
	}
	if got, err := lost(t.Context(), nil, acks); err != nil || got != unknown {
		t.Errorf("%d lost without a final master (%v), want unknown", got, err)
	}
	if got, err := lost(t.Context(), client, nil); err != nil || got != 0 {
		t.Errorf("%d of no writes lost (%v)", got, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := lost(ended, client, acks); err == nil {
		t.Error("no answer is no error: it counts as nothing lost")
	}
}
