package resp

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestPolled lets sessions be polled from their first request on, and everything must hold
// that holds without.
func TestPolled(t *testing.T) {
	pollAfter = 1
	defer func() { pollAfter = 0 }()
	for name, test := range map[string]func(*testing.T){
		"PipelineSplitAnywhere":                             TestPipelineSplitAnywhere,
		"MalformedRequestGetsItsErrorAndCostsOneConnection": TestMalformedRequestGetsItsErrorAndCostsOneConnection,
		"BrowserIsCutWithoutAnAnswer":                       TestBrowserIsCutWithoutAnAnswer,
		"PanicCostsOneConnection":                           TestPanicCostsOneConnection,
		"KillWaitsForNobody":                                TestKillWaitsForNobody,
		"TooManyClients":                                    TestTooManyClients,
		"ClientThatDoesNotReadIsCut":                        TestClientThatDoesNotReadIsCut,
		"CloseEndsEverything":                               TestCloseEndsEverything,
		"SubscriptionsAreCountedTogether":                   TestSubscriptionsAreCountedTogether,
		"ConfirmationComesFirst":                            TestConfirmationComesFirst,
		"SubscriberThatDoesNotReadDelaysNobody":             TestSubscriberThatDoesNotReadDelaysNobody,
		"SubscriberWhoseWriteStallsIsCut":                   TestSubscriberWhoseWriteStallsIsCut,
		"SubscriberMayPipeline":                             TestSubscriberMayPipeline,
		"SubscriptionsAreLimited":                           TestSubscriptionsAreLimited,
		"ForgottenWithTheConnection":                        TestForgottenWithTheConnection,
		"HalfARequest":                                      TestHalfARequest,
		"NoLogin":                                           TestNoLogin,
		"IdleTimeout":                                       TestIdleTimeout,
		"ClientsThatDoNotRead":                              TestClientsThatDoNotRead,
		"ListIsWrittenAsItIsRendered":                       TestListIsWrittenAsItIsRendered,
		"NothingIsKeptForNobody":                            TestNothingIsKeptForNobody,
		"MajorityMakesRoom":                                 TestMajorityMakesRoom,
		"TLSServes":                                         TestTLSServes,
	} {
		t.Run(name, test)
	}
}

func (s *Session) isPolled() bool {
	s.moving.Lock()
	defer s.moving.Unlock()
	return s.fd != noFD
}

func polled(t *testing.T, server *Server, n int) {
	t.Helper()
	until(t, fmt.Sprintf("%d polled sessions", n), func() bool {
		found := 0
		for _, s := range server.Sessions() {
			if s.isPolled() {
				found++
			}
		}
		return found == n
	})
}

func TestWhoAsksOftenIsPolled(t *testing.T) {
	server, address := listen(t, Options{PollAfter: 3}, nil)
	often, seldom := dial(t, address), dial(t, address)
	for range 2 {
		seldom.send("ECHO a\r\n")
		seldom.want("$1\r\na\r\n")
	}
	for range 10 {
		often.send("ECHO a\r\n")
		often.want("$1\r\na\r\n")
	}
	polled(t, server, 2) // the third request may come at any time
	long, address := listen(t, Options{PollAfter: 3}, nil)
	for c := dial(t, address); long.Stats().Commands < 20; {
		c.send("ASIDE\r\n")
		c.want("+OK\r\n")
	}
	polled(t, long, 0)
	never, address := listen(t, Options{PollAfter: -1}, nil)
	c := dial(t, address)
	for range 100 {
		c.send("ECHO a\r\n")
		c.want("$1\r\na\r\n")
	}
	polled(t, never, 0)
}

// TestPolledThatWaitsDelaysNobody: a hundred commands wait, and everybody else is answered,
// on one poller or more.
func TestPolledThatWaitsDelaysNobody(t *testing.T) {
	server, address := listen(t, Options{PollAfter: 1}, nil)
	var waiting []*peer
	for range 100 {
		waiting = append(waiting, dial(t, address))
	}
	other := dial(t, address)
	polled(t, server, 101)
	for _, c := range waiting {
		c.send("WAIT\r\n")
		other.send("ECHO a\r\n")
		other.want("$1\r\na\r\n")
	}
	until(t, "all commands begun", func() bool { return server.Stats().Commands == 200 })
	polled(t, server, 1)
	server.Close()
	for _, c := range waiting {
		c.want("+OK\r\n")
		c.wantClosed()
	}
}

// TestPolledThatReadsNothingDelaysNobody: what it does not take is written by a goroutine of
// its own, and when it reads at last, nothing is missing.
func TestPolledThatReadsNothingDelaysNobody(t *testing.T) {
	server, address := listen(t, Options{PollAfter: 1}, nil)
	lazy, other := dial(t, address), dial(t, address)
	polled(t, server, 2)
	const asked = 20
	lazy.send(strings.Repeat("BIG\r\n", asked))
	polled(t, server, 1)
	other.send("ECHO a\r\n")
	other.want("$1\r\na\r\n")
	for range asked {
		lazy.want("$1048576\r\n" + strings.Repeat("x", 1<<20) + "\r\n")
	}
	lazy.send("ECHO b\r\n")
	lazy.want("$1\r\nb\r\n")
	polled(t, server, 2) // again
}

func TestPolledIsKilled(t *testing.T) {
	server, address := listen(t, Options{PollAfter: 1}, nil)
	c := dial(t, address)
	polled(t, server, 1)
	server.Sessions()[0].Kill()
	c.wantClosed()
	until(t, "the session gone", func() bool { return server.Stats().Connected == 0 })
}

// TestKillWhilePolledAnswersNoMore: what had arrived before is not answered.
func TestKillWhilePolledAnswersNoMore(t *testing.T) {
	server, address := listen(t, Options{PollAfter: 1}, nil)
	c := dial(t, address)
	polled(t, server, 1)
	s := server.Sessions()[0]
	s.killed.Store(true) // as Kill does, before the shutdown is noticed
	c.send("ECHO a\r\n")
	c.wantClosed()
	if n := server.Stats().Commands; n != 0 {
		t.Errorf("%d commands were carried out for one that was killed", n)
	}
}

// TestPolledKeepsItsKeepAlive: a connection made of a descriptor has Go's own settings.
func TestPolledKeepsItsKeepAlive(t *testing.T) {
	server, address := listen(t, Options{PollAfter: 1, KeepAlive: net.KeepAliveConfig{Enable: true, Idle: 77 * time.Second, Interval: 7 * time.Second, Count: 3}}, nil)
	c := dial(t, address)
	polled(t, server, 1)
	c.send("SUBSCRIBE a\r\n")
	c.want("*3\r\n")
	polled(t, server, 0)
	s := server.Sessions()[0]
	raw, err := s.conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	idle := 0
	if err := raw.Control(func(fd uintptr) {
		idle, err = syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE)
	}); err != nil {
		t.Fatal(err)
	}
	if err != nil || idle != 77 {
		t.Errorf("keep-alive after %d s, %v; want 77", idle, err)
	}
}

// TestPollersUnderWork lets many clients go into pollers and out again, and looks for
// descriptors that were forgotten.
func TestPollersUnderWork(t *testing.T) {
	descriptors := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	before := descriptors()
	server, address := listen(t, Options{PollAfter: 2, WriteTimeout: patience}, nil)
	var clients sync.WaitGroup
	for range 20 {
		clients.Go(func() {
			for range 5 {
				visit(t, address)
			}
		})
	}
	clients.Wait()
	until(t, "all sessions gone", func() bool { return server.Stats().Connected == 0 })
	server.Close()
	until(t, "all descriptors closed", func() bool { return descriptors() <= before })
}

// visit asks for this and that and leaves.
func visit(t *testing.T, address string) {
	c := dial(t, address)
	for range 30 {
		switch rand.IntN(10) {
		case 0:
			c.send("BIG\r\n")
			c.want("$1048576\r\n" + strings.Repeat("x", 1<<20) + "\r\n")
		case 1:
			c.send("SUBSCRIBE a\r\nUNSUBSCRIBE a\r\n")
			c.want("*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n")
		default:
			text := strings.Repeat("y", 1+rand.IntN(100))
			c.send(strings.Repeat("ECHO "+text+"\r\n", 5))
			c.want(strings.Repeat(fmt.Sprintf("$%d\r\n%s\r\n", len(text), text), 5))
		}
	}
	_ = c.Close()
}
