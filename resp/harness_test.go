package resp

import (
	"bufio"
	"cmp"
	"errors"
	"net"
	"strings"
	"testing"
	"time"
)

const patience = 10 * time.Second

// echo is a handler with the few commands that the tests of the server need.
type echo struct{}

func (echo) Open(s *Session) { s.SetTrusted(true) }

func (echo) Serve(s *Session, args [][]byte) Reply {
	switch name := strings.ToLower(string(args[0])); name {
	case "subscribe":
		return s.Subscribe(args[1:])
	case "psubscribe":
		return s.PSubscribe(args[1:])
	case "unsubscribe":
		s.Unsubscribe(args[1:])
	case "punsubscribe":
		s.PUnsubscribe(args[1:])
	case "hello":
		s.SetProto(int(args[1][0] - '0'))
		return OK
	case "quit":
		s.CloseAfterReply()
		return OK
	case "big":
		return Bulk(strings.Repeat("x", 1<<20))
	case "list":
		return List(64, func(_ int, b []byte, _ int) []byte { return appendBulk(b, strings.Repeat("x", 64<<10)) })
	case "wait":
		s.StepAside()
		<-s.Context().Done()
		return OK
	case "aside":
		s.StepAside()
		return OK
	case "panic":
		panic("as asked")
	default:
		return Bulk(string(args[len(args)-1]))
	}
	return None
}

// pollAfter is what the servers of the tests have; 0 is the default.
var pollAfter int

// shy is echo for clients that log in first.
type shy struct{}

func (shy) Open(*Session) {}

func (shy) Serve(s *Session, args [][]byte) Reply {
	if string(args[0]) == "AUTH" {
		s.SetTrusted(true)
		return OK
	}
	return echo{}.Serve(s, args)
}

// listen serves on a loopback port until the test ends.
func listen(t *testing.T, options Options, wrap func(net.Listener) net.Listener) (*Server, string) {
	t.Helper()
	return listenWith(t, echo{}, options, wrap)
}

func listenWith(t *testing.T, handler Handler, options Options, wrap func(net.Listener) net.Listener) (*Server, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if wrap != nil {
		listener = wrap(listener)
	}
	options.PollAfter = cmp.Or(options.PollAfter, pollAfter)
	server := NewServer(options, handler)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if live := server.Stats().Connected; live != 0 {
			t.Errorf("%d sessions after Close", live)
		}
	})
	return server, address
}

// peer is a client that reads lines.
type peer struct {
	t *testing.T
	net.Conn
	lines *bufio.Reader
}

func dial(t *testing.T, address string) *peer {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return &peer{t: t, Conn: conn, lines: bufio.NewReader(conn)}
}

func (p *peer) send(data string) {
	p.t.Helper()
	if _, err := p.Write([]byte(data)); err != nil {
		p.t.Fatal(err)
	}
}

// want reads as many bytes as expected and compares.
func (p *peer) want(expected string) {
	p.t.Helper()
	have := make([]byte, len(expected))
	for n := 0; n < len(have); {
		m, err := p.lines.Read(have[n:])
		if n += m; err != nil {
			p.t.Fatalf("have %q, then %v; want %q", have[:n], err, expected)
		}
	}
	if string(have) != expected {
		p.t.Fatalf("have %q, want %q", have, expected)
	}
}

func (p *peer) wantClosed() {
	p.t.Helper()
	if rest, err := p.lines.ReadString('\x00'); err == nil || isTimeout(err) {
		p.t.Fatalf("have %q, %v; want the connection closed", rest, err)
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// until waits for a condition that another goroutine brings about.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not in time", what)
		}
	}
}
