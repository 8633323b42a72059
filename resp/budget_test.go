package resp

import (
	"strings"
	"testing"
	"time"
)

func (s *Server) heldBy(id int64) int {
	s.budget.mu.Lock()
	defer s.budget.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if session := s.sessions[id]; session != nil {
		return session.held
	}
	return 0
}

func (s *Server) heldInAll() int { return s.Stats().ClientMemory }

// TestClientsThatDoNotRead: they are cut before they have taken more than all may together,
// and one that reads is served.
func TestClientsThatDoNotRead(t *testing.T) {
	for name, greeting := range map[string]string{"plain": "", "subscriber": "SUBSCRIBE a\r\n"} {
		t.Run(name, func(t *testing.T) {
			server, address := listen(t, Options{MaxClientMemory: 8 << 20, WriteTimeout: time.Minute, CloseTimeout: time.Millisecond}, nil)
			old := dial(t, address) // who has been there for longest is none of the reasons
			old.send("SUBSCRIBE b\r\n")
			for range 20 {
				_, _ = dial(t, address).Write([]byte(greeting + strings.Repeat("BIG\r\n", 100)))
			}
			until(t, "some cut", func() bool { return server.Stats().Evicted >= 12 })
			old.want("*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:1\r\n")
			for _, reader := range []*peer{old, dial(t, address)} {
				reader.send("BIG\r\nECHO a\r\n")
				reader.want("$1048576\r\n" + strings.Repeat("x", 1<<20) + "\r\n$1\r\na\r\n")
			}
			if held := server.heldInAll(); held > 8<<20 {
				t.Errorf("%d bytes are kept", held)
			}
		})
	}
}

// TestListIsWrittenAsItIsRendered: 4 MiB for a client that does not read are never there.
func TestListIsWrittenAsItIsRendered(t *testing.T) {
	server, address := listen(t, Options{WriteTimeout: time.Minute, CloseTimeout: time.Millisecond}, nil)
	c := dial(t, address)
	c.send("LIST\r\nECHO a\r\n")
	until(t, "the write waits", func() bool { return server.heldBy(1) > 0 })
	if held := server.heldBy(1); held > 1<<20 {
		t.Errorf("%d bytes are kept", held)
	}
	item := "$65536\r\n" + strings.Repeat("x", 64<<10) + "\r\n"
	c.want("*64\r\n" + strings.Repeat(item, 64) + "$1\r\na\r\n")
	until(t, "nothing kept", func() bool { return server.heldInAll() == 0 })
}

// TestNothingIsKeptForNobody: what was counted is given back, however a session ends.
func TestNothingIsKeptForNobody(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	half := dial(t, address)
	half.send("ECHO a\r\n*3\r\n$10000\r\n" + strings.Repeat("x", 10000) + "\r\n$10000\r\n" + strings.Repeat("x", 9000))
	half.want("$1\r\na\r\n")
	until(t, "the half request counted", func() bool { return server.heldInAll() > 16<<10 })
	half.send(strings.Repeat("x", 1000) + "\r\n$1\r\nb\r\n")
	half.want("$1\r\nb\r\n")
	until(t, "the request's buffer given back", func() bool { return server.heldInAll() == 0 })
	c := dial(t, address)
	c.send("SUBSCRIBE a b\r\nPSUBSCRIBE a*\r\nUNSUBSCRIBE a\r\nECHO x\r\n")
	until(t, "the subscriptions counted", func() bool { return server.heldBy(2) == 2*subscriptionBytes+3 })
	_ = c.Close()
	until(t, "nothing kept", func() bool { return server.heldInAll() == 0 })
}

// TestReadersKeepNothing: a write that does not have to wait counts for nobody, however many
// there are at once.
func TestReadersKeepNothing(t *testing.T) {
	const readers, messages = 30, 200
	server, address := listen(t, Options{MaxClientMemory: 2 * socketBytes}, nil)
	var subscribers, asking []*peer
	for range readers {
		c := dial(t, address)
		c.send("SUBSCRIBE a\r\n")
		c.want("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
		subscribers, asking = append(subscribers, c), append(asking, dial(t, address))
	}
	for range messages {
		server.Hub().Publish("a", "news")
		for _, c := range asking {
			c.send("ECHO a\r\n")
		}
	}
	for i := range readers {
		asking[i].want(strings.Repeat("$1\r\na\r\n", messages))
		subscribers[i].want(strings.Repeat("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$4\r\nnews\r\n", messages))
	}
	if n := server.Stats().Evicted; n != 0 {
		t.Errorf("%d evicted", n)
	}
}
