package resp

import (
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestPipelineSplitAnywhere(t *testing.T) {
	_, address := listen(t, Options{}, nil)
	const pipeline = "*2\r\n$4\r\nECHO\r\n$1\r\na\r\nECHO b\r\n*2\r\n$4\r\nECHO\r\n$0\r\n\r\n"
	for at := range pipeline {
		c := dial(t, address)
		c.send(pipeline[:at])
		c.send(pipeline[at:])
		c.want("$1\r\na\r\n$1\r\nb\r\n$0\r\n\r\n")
		_ = c.Close()
	}
}

// counting counts the writes of the connections that it accepts.
type counting struct {
	net.Listener
	writes *atomic.Int32
}

type countingConn struct {
	net.Conn
	writes *atomic.Int32
}

func (l counting) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	return countingConn{conn, l.writes}, err
}

func (c countingConn) Write(b []byte) (int, error) {
	c.writes.Add(1)
	return c.Conn.Write(b)
}

func TestPipelineIsWrittenOnce(t *testing.T) {
	var writes atomic.Int32
	_, address := listen(t, Options{}, func(l net.Listener) net.Listener { return counting{l, &writes} })
	c := dial(t, address)
	c.send(strings.Repeat("ECHO a\r\n", 100))
	c.want(strings.Repeat("$1\r\na\r\n", 100))
	if n := writes.Load(); n != 1 {
		t.Errorf("%d writes", n)
	}
}

func TestMalformedRequestGetsItsErrorAndCostsOneConnection(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	other := dial(t, address)
	other.send("ECHO a\r\n")
	other.want("$1\r\na\r\n")
	for i, data := range []string{
		"*1\r\n$9223372036854775807\r\nx", "*9223372036854775807\r\n", "*1\r\n$-1\r\n", strings.Repeat("x", 100<<10),
	} {
		c := dial(t, address)
		c.send("ECHO before\r\n")
		c.want("$6\r\nbefore\r\n")
		_, _ = c.Write([]byte(data)) // may be cut short
		c.want("-ERR Protocol error: ")
		c.wantClosed()
		until(t, "the error counted", func() bool { return server.Stats().ProtocolErrors == uint64(i+1) })
	}
	other.send("ECHO b\r\n")
	other.want("$1\r\nb\r\n")
}

func TestBrowserIsCutWithoutAnAnswer(t *testing.T) {
	_, address := listen(t, Options{}, nil)
	c := dial(t, address)
	c.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
	c.wantClosed()
}

func TestPanicCostsOneConnection(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	other, c := dial(t, address), dial(t, address)
	other.send("ECHO a\r\n")
	other.want("$1\r\na\r\n")
	c.send("PANIC\r\n")
	c.wantClosed()
	other.send("ECHO a\r\n")
	other.want("$1\r\na\r\n")
	if n := server.Stats().Panics; n != 1 {
		t.Errorf("%d panics counted", n)
	}
}

// TestKillWaitsForNobody: the client's connection ends though its command is still at work.
func TestKillWaitsForNobody(t *testing.T) {
	server, address := listen(t, Options{}, nil)
	p := dial(t, address)
	p.send("wait\r\n")
	until(t, "the command", func() bool { return server.Stats().Commands == 1 })
	server.Sessions()[0].Kill()
	p.wantClosed()
}

func TestTooManyClients(t *testing.T) {
	server, address := listen(t, Options{MaxClients: 2}, nil)
	first, second := dial(t, address), dial(t, address)
	for _, c := range []*peer{first, second} {
		c.send("ECHO a\r\n")
		c.want("$1\r\na\r\n")
	}
	third := dial(t, address)
	third.want("-ERR max number of clients reached\r\n")
	third.wantClosed()
	_ = first.Close()
	until(t, "the place free again", func() bool { return server.Stats().Connected == 1 })
	fourth := dial(t, address)
	fourth.send("ECHO a\r\n")
	fourth.want("$1\r\na\r\n")
	if n := server.Stats().Rejected; n != 1 {
		t.Errorf("%d rejected", n)
	}
}

// A client that asks for much and reads nothing is held back, not buffered for.
func TestClientThatDoesNotReadIsCut(t *testing.T) {
	server, address := listen(t, Options{WriteTimeout: 50 * time.Millisecond}, nil)
	c := dial(t, address)
	_, _ = c.Write([]byte(strings.Repeat("BIG\r\n", 1000)))
	until(t, "the client gone", func() bool { return server.Stats().Connected == 0 })
	if n := server.Stats().Commands; n > 100 {
		t.Errorf("%d commands were served into nothing", n)
	}
}

func TestCloseEndsEverything(t *testing.T) {
	server, address := listen(t, Options{CloseTimeout: patience}, nil)
	idle, subscribed, waiting := dial(t, address), dial(t, address), dial(t, address)
	subscribed.send("SUBSCRIBE a\r\n")
	subscribed.want("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n")
	waiting.send("WAIT\r\n")
	until(t, "the command begun", func() bool { return server.Stats().Commands == 2 && server.Stats().Connected == 3 })
	server.Hub().Publish("a", "last")
	server.Close()
	idle.wantClosed()
	subscribed.want("*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$4\r\nlast\r\n")
	subscribed.wantClosed()
	waiting.want("+OK\r\n")
	waiting.wantClosed()
	if conn, err := net.Dial("tcp", address); err == nil {
		_ = conn.Close()
		t.Error("still listening")
	}
}

// TestIdleConnections holds as many as the descriptors of this process allow, up to
// the 10 000 of the default limit, and asks one more.
func TestIdleConnections(t *testing.T) {
	n := 2000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil && !testing.Short() {
		n = min(9999, max(n, (int(limit.Cur)-500)/2)) // both ends are ours
	}
	server, address := listen(t, Options{RequestTimeout: time.Hour}, nil)
	conns := make([]net.Conn, n)
	var dials sync.WaitGroup
	for part := range 4 {
		dials.Go(func() {
			for i := part; i < n; i += 4 {
				conn, err := net.Dial("tcp", address)
				if err != nil {
					t.Error(err)
					return
				}
				conns[i] = conn
			}
		})
	}
	dials.Wait()
	t.Cleanup(func() {
		for _, conn := range conns {
			if conn != nil {
				_ = conn.Close()
			}
		}
	})
	until(t, fmt.Sprintf("%d sessions", n), func() bool { return server.Stats().Connected == n })
	c := dial(t, address)
	c.send("ECHO a\r\n")
	c.want("$1\r\na\r\n")
}
