package resp

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestSubscriptionsAreCountedTogether(t *testing.T) {
	for proto, mark := range map[string]string{"2": "*", "3": ">"} {
		t.Run("RESP"+proto, func(t *testing.T) {
			server, address := listen(t, Options{}, nil)
			c := dial(t, address)
			c.send("HELLO " + proto + "\r\nSUBSCRIBE a b a\r\nPSUBSCRIBE a*\r\nUNSUBSCRIBE zz\r\n")
			c.want("+OK\r\n" +
				mark + "3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n" +
				mark + "3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n" +
				mark + "3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:2\r\n" +
				mark + "3\r\n$10\r\npsubscribe\r\n$2\r\na*\r\n:3\r\n" +
				mark + "3\r\n$11\r\nunsubscribe\r\n$2\r\nzz\r\n:3\r\n")
			if n := server.Hub().deliver("a", "x"); n != 2 {
				t.Errorf("%d deliveries", n)
			}
			c.want(mark + "3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n" +
				mark + "4\r\n$8\r\npmessage\r\n$2\r\na*\r\n$1\r\na\r\n$1\r\nx\r\n")
			null := map[string]string{"2": "$-1", "3": "_"}[proto]
			c.send("UNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nECHO x\r\n")
			c.want(mark + "3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:2\r\n" +
				mark + "3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:1\r\n" +
				mark + "3\r\n$12\r\npunsubscribe\r\n$2\r\na*\r\n:0\r\n" +
				mark + "3\r\n$11\r\nunsubscribe\r\n" + null + "\r\n:0\r\n" +
				mark + "3\r\n$12\r\npunsubscribe\r\n" + null + "\r\n:0\r\n" +
				"$1\r\nx\r\n")
			if n := server.Hub().deliver("a", "x"); n != 0 {
				t.Errorf("%d deliveries to nobody", n)
			}
		})
	}
}

// A message must not come before the confirmation of its subscription, however
// hard somebody publishes meanwhile.
func TestConfirmationComesFirst(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				server.Hub().Publish("a", "x")
				server.Hub().Flush(t.Context()) // hard, but not more than there can be
			}
		}
	}()
	for range 50 {
		c := dial(t, address)
		c.send("ECHO first\r\nSUBSCRIBE a\r\n")
		c.want("$5\r\nfirst\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$7\r\nmessage\r\n")
		_ = c.Close()
	}
	close(stop)
	<-stopped
}

func TestSubscriberThatDoesNotReadDelaysNobody(t *testing.T) {
	server, address := listen(t, Options{WriteTimeout: time.Minute, CloseTimeout: time.Millisecond}, nil)
	stuck, reader := dial(t, address), dial(t, address)
	for _, c := range []*peer{stuck, reader} {
		c.send("PSUBSCRIBE *\r\n")
		c.want("*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:1\r\n")
	}
	payload := strings.Repeat("x", 64<<10)
	message := fmt.Sprintf("*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\na\r\n$%d\r\n%s\r\n", len(payload), payload)
	for i := 0; server.Stats().DroppedSubscribers == 0; i++ {
		if i == 10000 {
			t.Fatal("a full queue was never noticed")
		}
		server.Hub().Publish("a", payload)
		reader.want(message)
	}
	until(t, "the stuck one gone", func() bool { return server.Stats().Connected == 1 })
	late := dial(t, address)
	late.send("SUBSCRIBE b\r\n")
	late.want("*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:1\r\n")
	if n := server.Hub().deliver("a", "x"); n != 1 {
		t.Errorf("%d deliveries, want the reader only", n)
	}
}

func TestSubscriberWhoseWriteStallsIsCut(t *testing.T) {
	server, address := listen(t, Options{WriteTimeout: 50 * time.Millisecond}, nil)
	c := dial(t, address)
	c.send("SUBSCRIBE a\r\n")
	c.want("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
	payload := strings.Repeat("x", 1<<20)
	until(t, "the client dropped", func() bool {
		server.Hub().Publish("a", payload)
		return server.Stats().DroppedSubscribers == 1
	})
	until(t, "the session gone", func() bool { return server.Stats().Connected == 0 })
}

// A subscriber's own replies wait for it and do not count against it.
func TestSubscriberMayPipeline(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	c := dial(t, address)
	c.send("HELLO 3\r\nSUBSCRIBE a\r\n" + strings.Repeat("BIG\r\n", 20))
	c.want("+OK\r\n>3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
	c.want(strings.Repeat("$1048576\r\n"+strings.Repeat("x", 1<<20)+"\r\n", 20))
	if n := server.Stats().DroppedSubscribers; n != 0 {
		t.Errorf("%d dropped", n)
	}
}

func TestSubscriptionsAreLimited(t *testing.T) {
	_, address := listen(t, Options{MaxSubscriptions: 2, MaxSubscriptionBytes: 10}, nil)
	c := dial(t, address)
	c.send("SUBSCRIBE a b c\r\nSUBSCRIBE aaaaaaaaaaa\r\nSUBSCRIBE a\r\n")
	c.want("-ERR too many subscriptions on this connection\r\n-ERR too many subscriptions on this connection\r\n" +
		"*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
}

func TestForgottenWithTheConnection(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	c := dial(t, address)
	c.send("SUBSCRIBE a\r\nPSUBSCRIBE *\r\nQUIT\r\n")
	c.want("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:2\r\n+OK\r\n")
	c.wantClosed()
	until(t, "no subscriptions", func() bool {
		s := server.Stats()
		return s.Channels == 0 && s.Patterns == 0 && s.Connected == 0
	})
}
