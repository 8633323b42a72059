package main

import (
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// TestQueue lays writes into the sockets of a frozen Redis and lets it meet
// different ends: what a client would be told must be what is counted.
func TestQueue(t *testing.T) {
	const n = 20
	for _, c := range []struct {
		name string
		end  func(*testing.T, *redis.Server)
		want answers
	}{
		{"wakes", func(t *testing.T, s *redis.Server) { s.Cont(t) }, answers{acked: n}},
		{"sleeps on", func(*testing.T, *redis.Server) {}, answers{silent: n}},
		{"is killed", func(_ *testing.T, s *redis.Server) { s.Kill() }, answers{cut: n}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := startRedis(t)
			q := queueAt(t, s, n)
			s.Stop(t)
			if err := standsStill(s.PID()); err != nil {
				t.Fatal(err)
			}
			layAll(t, q, n)
			c.end(t, s)
			if got := q.answers(); got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
			if len(q.acked) != c.want.acked {
				t.Errorf("%d writes are remembered as acknowledged, want %d", len(q.acked), c.want.acked)
			}
		})
	}
}

// TestQueueOfAReplica: a refusal is no acknowledgement.
func TestQueueOfAReplica(t *testing.T) {
	s := startRedis(t)
	if err := standsStill(s.PID()); err == nil {
		t.Error("a process that runs is said to stand still")
	}
	client := s.Client()
	t.Cleanup(func() { _ = client.Close() })
	if err := client.ReplicaOf(t.Context(), "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	q := queueAt(t, s, 5)
	layAll(t, q, 5)
	if got, want := q.answers(), (answers{refused: 5}); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func queueAt(t *testing.T, s *redis.Server, n int) *queue {
	t.Helper()
	q, err := newQueue(t.Context(), s.Addr(), n)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = q.close() })
	return q
}

// layAll lays the writes in two parts.
func layAll(t *testing.T, q *queue, n int) {
	t.Helper()
	for _, part := range []int{n / 2, n - n/2} {
		if err := q.lay(part); err != nil {
			t.Fatal(err)
		}
	}
}
