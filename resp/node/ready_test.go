package node

import (
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestReady: whatever a process says to PING, the next command goes out at once, also to one
// that knows no HELLO; and not on a connection that has ended.
func TestReady(t *testing.T) {
	for _, answer := range []string{"+PONG\r\n", "-LOADING Redis is loading the dataset in memory\r\n"} {
		addr := scripted(t, greeted, "-ERR unknown command 'hello'\r\n", answer)
		c := connTo(t, addr)
		if err := c.Ready(t.Context()); err != nil {
			t.Errorf("after %q: %v", answer, err)
		}
		c.Close()
		if err := c.Ready(t.Context()); err == nil {
			t.Error("a connection that was closed is ready")
		}
	}
}

// TestCommandAfterClose: a client that is made for it must not stay.
func TestCommandAfterClose(t *testing.T) {
	c := connTo(t, scripted(t, greeted))
	c.Close()
	for range 2 {
		if _, err := c.Snapshot(t.Context()); err == nil {
			t.Fatal("a closed connection was read from")
		}
	}
	if got := c.client.PoolStats().Misses; got > 1 {
		t.Errorf("%d attempts to connect", got)
	}
}

func connTo(t *testing.T, addr sentinel.Addr) *Conn {
	t.Helper()
	c, _, err := Dial(t.Context(), addr, "a-test", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
