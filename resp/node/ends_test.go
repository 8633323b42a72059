package node_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestEachEndIsTold: of many connections each hears of its own end, once, and of no
// other's, also where descriptors are used again.
func TestEachEndIsTold(t *testing.T) {
	s := redis.Start(t, "127.0.43.7", 6379)
	for round := range 3 {
		kept, cut := dial(t, s), make([]*node.Conn, 20)
		var told sync.WaitGroup
		for i := range cut {
			c, _, err := node.Dial(t.Context(), sentinel.Addr{Host: s.Host, Port: s.Port}, fmt.Sprintf("cut-%d", i), node.Options{})
			if err != nil {
				t.Fatal(err)
			}
			cut[i] = c
			told.Add(1)
			c.OnLost(told.Done) // more than once panics
		}
		for i, c := range cut {
			if i%2 == 0 {
				c.Close()
			}
		}
		if err := s.Client().Do(t.Context(), "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes", "LADDR", fmt.Sprintf("%s:%d", s.Host, s.Port)).Err(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan struct{})
		go func() { told.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Fatalf("round %d: not all ends were told", round)
		}
		<-kept.Lost() // it was cut as well
	}
	c := dial(t, s)
	if _, err := c.Snapshot(t.Context()); err != nil {
		t.Errorf("the last connection: %v", err)
	}
	select {
	case <-c.Lost():
		t.Error("it was told an end of another's")
	default:
	}
}
