package command_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
)

// bystanders are more connections than a server has pollers, so that one of them is on
// that of whoever came before.
const bystanders = 64

// conns opens plain connections, which go into pollers before their first command.
func (s service) conns(t *testing.T, n int) []net.Conn {
	t.Helper()
	list := make([]net.Conn, n)
	for i := range list {
		conn, err := net.Dial("tcp", s.addr)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_ = conn.SetDeadline(time.Now().Add(patience))
		list[i] = conn
	}
	return list
}

func send(t *testing.T, conn net.Conn, line string) {
	t.Helper()
	if _, err := conn.Write([]byte(line + "\r\n")); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, conn net.Conn) string {
	t.Helper()
	reply := make([]byte, 256)
	n, err := conn.Read(reply)
	if err != nil {
		t.Fatal(err)
	}
	return string(reply[:n])
}

// TestFailoverThatTakesLongDelaysNobody: whoever has asked for it waits, and nobody else.
func TestFailoverThatTakesLongDelaysNobody(t *testing.T) {
	begun, released := make(chan struct{}), make(chan struct{})
	release := sync.OnceFunc(func() { close(released) })
	s := start(t, command.Options{FailoverWait: patience, Failover: func(context.Context, string) error {
		close(begun)
		<-released
		return nil
	}})
	t.Cleanup(release)
	asking, others := s.conns(t, 1)[0], s.conns(t, bystanders)
	send(t, asking, "SENTINEL FAILOVER mymaster")
	<-begun
	for _, conn := range others {
		send(t, conn, "PING")
		if got := receive(t, conn); got != "+PONG\r\n" {
			t.Fatalf("PING: %q", got)
		}
	}
	release()
	if got := receive(t, asking); got != "+OK\r\n" {
		t.Errorf("SENTINEL FAILOVER: %q", got)
	}
}

// TestHeldAnswerDelaysNobody: an answer that waits for the switch comes after those to the
// questions of others that were asked later. A machine that stands still may let one try
// fail; in a poller all would.
func TestHeldAnswerDelaysNobody(t *testing.T) {
	view := healthy()
	s := start(t, command.Options{})
	s.views.CommitMaster(view)
	view.Master.Vitals.Lose(now)
	held, others := s.conns(t, 1)[0], s.conns(t, bystanders)
	for range 20 {
		before := s.server.Stats().Commands
		send(t, held, "SENTINEL get-master-addr-by-name mymaster")
		begun := time.Now()
		for s.server.Stats().Commands == before {
			if time.Since(begun) > patience {
				t.Fatal("the question was not taken up in time")
			}
			time.Sleep(time.Millisecond)
		}
		for _, conn := range others {
			send(t, conn, "PING")
			receive(t, conn)
		}
		_ = held.SetReadDeadline(time.Now().Add(time.Millisecond))
		_, err := held.Read(make([]byte, 256))
		_ = held.SetReadDeadline(time.Now().Add(patience))
		if err != nil {
			return // not answered yet
		}
	}
	t.Error("the answers to others waited for the one that was held")
}
