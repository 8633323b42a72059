package node

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

// slow is a connection of a process that is not run for a while after it has written.
type slow struct {
	net.Conn
	by time.Time
	// answered is closed when the answer has been given, or nobody will give one.
	answered <-chan struct{}
}

func (s *slow) Write(b []byte) (int, error) {
	n, err := s.Conn.Write(b)
	<-s.answered
	time.Sleep(time.Until(s.by.Add(20 * time.Millisecond)))
	return n, err
}

func (s *slow) SetDeadline(at time.Time) error {
	s.by = at
	return s.Conn.SetDeadline(at)
}

// NetConn gives the socket away, as an encrypted connection does.
func (s *slow) NetConn() net.Conn { return s.Conn }

// TestLateReaderHearsWhatCameInTime: a deadline that passed while the process was not run is
// no silence of a Redis whose answer is there, and one of a Redis that said nothing.
func TestLateReaderHearsWhatCameInTime(t *testing.T) {
	for _, answers := range []bool{true, false} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		answered := make(chan struct{})
		go func() {
			defer close(answered)
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = conn.Close() })
			if _, err := conn.Read(make([]byte, 100)); err == nil && answers {
				_, _ = conn.Write([]byte("+PONG\r\n"))
			}
		}()
		raw, err := net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		p := &Pulse{timeout: time.Minute, lost: make(chan struct{})}
		p.conn = watching(&slow{Conn: raw, answered: answered}, p.lose)
		ok, err := p.Ping(time.Now().Add(time.Second))
		switch {
		case answers && (!ok || err != nil):
			t.Errorf("the answer was there: ok %t, %v", ok, err)
		case !answers && !errors.Is(err, os.ErrDeadlineExceeded):
			t.Errorf("nobody answered: ok %t, %v", ok, err)
		}
		p.Close()
	}
}

// TestDrippingAnswerIsGivenUp: who always has another byte to say has not answered.
func TestDrippingAnswerIsGivenUp(t *testing.T) {
	near, far := pair(t)
	if _, err := far.Write([]byte("+" + strings.Repeat("P", 1000))); err != nil {
		t.Fatal(err)
	}
	drip := &dripping{Conn: near}
	p := &Pulse{timeout: time.Minute, lost: make(chan struct{})}
	p.conn = watching(drip, p.lose)
	for range 2 {
		if _, err := p.Ping(time.Now().Add(time.Minute)); err == nil {
			t.Fatal("it has answered")
		}
	}
	if drip.reads > 4*lateTries {
		t.Errorf("it was read from %d times", drip.reads)
	}
}

// dripping is read from a byte at a time, each after a deadline.
type dripping struct {
	net.Conn
	reads int
}

func (d *dripping) Read(b []byte) (int, error) {
	if d.reads++; d.reads%2 == 1 {
		return 0, os.ErrDeadlineExceeded
	}
	return d.Conn.Read(b[:1])
}

func (d *dripping) NetConn() net.Conn { return d.Conn }

// pair is one connection, seen from both ends.
func pair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if near, err = net.Dial("tcp", listener.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	return near, far
}
