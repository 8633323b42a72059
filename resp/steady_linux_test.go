package resp

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
)

// steady is a client that has asked so often that it is expected to go on.
func steady(t *testing.T, address string) *peer {
	t.Helper()
	p := dial(t, address)
	for i := range 2 * steadyAfter {
		p.send(fmt.Sprintf("ping %d\r\n", i))
		p.want(fmt.Sprintf("$%d\r\n%d\r\n", len(fmt.Sprint(i)), i))
	}
	return p
}

func TestSteadyClientIsAnsweredAsBefore(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	p := steady(t, address)
	before, half := server.Stats().BytesIn, "*2\r\n$4\r\nping\r\n$1\r\n"
	p.send(half)
	until(t, "the first half of a request", func() bool { return server.Stats().BytesIn == before+uint64(len(half)) })
	p.send("a\r\n")
	p.want("$1\r\na\r\n")
	const many = 3 * keepInput // requests: far more than the buffer holds
	p.send(strings.Repeat("ping b\r\n", many))
	p.want(strings.Repeat("$1\r\nb\r\n", many))
	p.send("subscribe c\r\n")
	p.want("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n")
	p.send("quit\r\n")
	p.want("+OK\r\n")
	p.wantClosed()
}

// TestEndThatArrivesWithTheLastRequest: one segment brings both, so nothing wakes the
// session a second time.
func TestEndThatArrivesWithTheLastRequest(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	for _, last := range []string{"ping a\r\n", "ping a\r\n*1\r\n$4\r\npi"} {
		p := steady(t, address)
		cork(t, p.Conn)
		p.send(last)
		if err := p.Conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		p.want("$1\r\na\r\n")
		p.wantClosed()
	}
	until(t, "the ends of the sessions", func() bool { return server.Stats().Connected == 0 })
}

// cork holds back what is written until the connection's half is closed.
func cork(t *testing.T, conn net.Conn) {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var failed error
	err = raw.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CORK, 1)
	})
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
}

func TestSteadyClientThatVanishes(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	for _, how := range []func(*peer) error{
		func(p *peer) error { return p.Close() },
		func(p *peer) error { return p.Conn.(*net.TCPConn).SetLinger(0) }, // a reset, with the close below
		func(p *peer) error { _, err := p.Write([]byte("ping a\r\nping b\r\n")); return err },
	} {
		p := steady(t, address)
		if err := how(p); err != nil {
			t.Fatal(err)
		}
		_ = p.Close()
		until(t, "the end of the session", func() bool { return server.Stats().Connected == 0 })
	}
}

func TestServerEndsSteadySessions(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	killed, closed := steady(t, address), steady(t, address)
	server.Sessions()[0].Kill()
	killed.wantClosed()
	closed.send("ping a\r\n")
	closed.want("$1\r\na\r\n")
	server.Close()
	closed.wantClosed()
}
