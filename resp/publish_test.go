package resp

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestPublishWaitsForNobody: not even for the hub, which is what patterns and subscribers
// cost.
func TestPublishWaitsForNobody(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	c := dial(t, address)
	c.send("SUBSCRIBE a\r\n")
	c.want("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
	published := make(chan struct{})
	server.hub.mu.Lock()
	go func() {
		defer close(published)
		for i := range 1000 {
			server.Hub().Publish("a", strconv.Itoa(i))
		}
	}()
	select {
	case <-published:
		server.hub.mu.Unlock()
	case <-time.After(patience):
		server.hub.mu.Unlock()
		t.Fatal("publishing waited for the hub")
	}
	for i := range 1000 {
		text := strconv.Itoa(i)
		c.want(fmt.Sprintf("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$%d\r\n%s\r\n", len(text), text))
	}
}

// TestMoreThanCanBeDelivered: nobody misses a message and stays.
func TestMoreThanCanBeDelivered(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	c := dial(t, address)
	c.send("SUBSCRIBE a\r\nPSUBSCRIBE b*\r\n")
	c.want("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$10\r\npsubscribe\r\n$2\r\nb*\r\n:2\r\n")
	server.hub.mu.Lock()
	payload := strings.Repeat("x", 1<<20)
	for range maxPublished>>20 + 2 {
		server.Hub().Publish("c", payload)
	}
	server.hub.published.mu.Lock()
	waiting := server.hub.published.bytes
	server.hub.published.mu.Unlock()
	server.hub.mu.Unlock()
	if waiting > maxPublished {
		t.Errorf("%d bytes waited", waiting)
	}
	c.wantClosed()
	other := dial(t, address)
	other.send("SUBSCRIBE a\r\n")
	other.want("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
	server.Hub().Publish("a", "x")
	other.want("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n")
}

func TestPatternsAreLimited(t *testing.T) {
	_, address := listen(t, Options{MaxPatterns: 2, MaxName: 10}, nil)
	c := dial(t, address)
	c.send("PSUBSCRIBE a* b* c*\r\nPSUBSCRIBE aaaaaaaaaa*\r\nSUBSCRIBE aaaaaaaaaaa\r\nSUBSCRIBE a b c d\r\nPSUBSCRIBE a*\r\n")
	c.want("-ERR too many patterns on this connection\r\n" +
		"-ERR channels and patterns may have 10 bytes at most\r\n-ERR channels and patterns may have 10 bytes at most\r\n" +
		"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n" +
		"*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:3\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nd\r\n:4\r\n" +
		"*3\r\n$10\r\npsubscribe\r\n$2\r\na*\r\n:5\r\n")
}

// TestPatternsInAllAreLimited: who has the most of them makes room for others.
func TestPatternsInAllAreLimited(t *testing.T) {
	server, address := listen(t, Options{MaxPatternsInAll: 4}, nil)
	greedy, modest, late := dial(t, address), dial(t, address), dial(t, address)
	modest.send("PSUBSCRIBE *\r\n")
	modest.want("*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:1\r\n")
	greedy.send("PSUBSCRIBE a* b* c* d*\r\n")
	greedy.want("*3\r\n$10\r\npsubscribe\r\n$2\r\na*\r\n:1\r\n*3\r\n$10\r\npsubscribe\r\n$2\r\nb*\r\n:2\r\n*3\r\n$10\r\npsubscribe\r\n$2\r\nc*\r\n:3\r\n" +
		"-ERR too many patterns on all connections, try again later\r\n")
	late.send("PSUBSCRIBE +*\r\n")
	late.want("*3\r\n$10\r\npsubscribe\r\n$2\r\n+*\r\n:1\r\n")
	greedy.wantClosed()
	if n := server.hub.deliver("+x", "x"); n != 2 {
		t.Errorf("%d deliveries, want those to the two others", n)
	}
}
