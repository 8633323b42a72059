package command_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
)

func TestFailover(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"accepted", nil, "OK"},
		{"under way", fmt.Errorf("mymaster: %w", sentinel.ErrInProgress), "INPROG Failover already in progress"},
		{"nobody fit", sentinel.ErrNoGoodReplica, "NOGOODSLAVE No suitable replica to promote"},
		{"refused", errors.New("no leader\nyet"), "ERR no leader yet"},
	} {
		t.Run(test.name, func(t *testing.T) {
			asked := ""
			s := start(t, command.Options{Failover: func(_ context.Context, master string) error {
				asked = master
				return test.err
			}})
			if have := s.text(t, "SENTINEL", "FAILOVER", "mymaster", "coordinated"); have != test.want {
				t.Errorf("have %q, want %q", have, test.want)
			}
			if asked != "mymaster" {
				t.Errorf("asked for %q", asked)
			}
		})
	}
}

func TestFailoverUnderWayIsNotAskedFor(t *testing.T) {
	s := start(t, command.Options{Failover: func(context.Context, string) error {
		t.Error("asked")
		return nil
	}})
	view := healthy()
	view.Failover = sentinel.SelectReplica
	s.views.CommitMaster(view)
	if have := s.text(t, "SENTINEL", "FAILOVER", "mymaster"); have != "INPROG Failover already in progress" {
		t.Errorf("have %q", have)
	}
}

// One client's wait must not be another's.
func TestSlowFailoverHoldsUpItsOwnClientOnly(t *testing.T) {
	begun := make(chan struct{})
	s := start(t, command.Options{FailoverWait: patience, Failover: func(ctx context.Context, _ string) error {
		close(begun)
		<-ctx.Done()
		return ctx.Err()
	}})
	answer := make(chan string, 1)
	go func() { answer <- s.text(t, "SENTINEL", "FAILOVER", "mymaster") }()
	<-begun
	if have := s.text(t, "PING"); have != "PONG" {
		t.Errorf("have %q", have)
	}
	s.server.Close()
	select {
	case <-answer:
	case <-time.After(patience):
		t.Error("the wait outlived the server")
	}
}

// TestClientsTakeTurnsAtKubernetes: however many ask for changes, only few calls are under
// way, and all are answered in the end.
func TestClientsTakeTurnsAtKubernetes(t *testing.T) {
	const clients, most = 40, 8
	var under, peak atomic.Int64
	full, goOn := make(chan struct{}), make(chan struct{})
	reached := sync.OnceFunc(func() { close(full) })
	s := start(t, command.Options{FailoverWait: patience, Failover: func(context.Context, string) error {
		now := under.Add(1)
		for was := peak.Load(); now > was && !peak.CompareAndSwap(was, now); was = peak.Load() {
		}
		if now == most {
			reached()
		}
		<-goOn
		under.Add(-1)
		return nil
	}})
	answers := make(chan string, clients)
	for range clients {
		go func() { answers <- s.text(t, "SENTINEL", "FAILOVER", "mymaster") }()
	}
	<-full
	close(goOn)
	for range clients {
		if have := <-answers; have != "OK" {
			t.Errorf("have %q", have)
		}
	}
	if peak.Load() != most {
		t.Errorf("%d calls at once, want %d", peak.Load(), most)
	}
}

// TestPrefixesAreBounded: what a client has kept for it has an end.
func TestPrefixesAreBounded(t *testing.T) {
	s := start(t, command.Options{})
	c := s.client(t).Conn() // one session
	defer c.Close()
	long := strings.Repeat("x", 15_000)
	for n, want := range []string{"OK", "OK", "OK", "OK", "ERR too many prefixes"} {
		have, err := c.Do(patient(t), "CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", strconv.Itoa(n)+long).Text()
		if err != nil {
			have = err.Error()
		}
		if have != want {
			t.Errorf("prefix %d: %q, want %q", n, have, want)
		}
	}
}

func TestQuorum(t *testing.T) {
	const few, no = "Not enough available Sentinels to reach the specified quorum for this master",
		"Not enough available Sentinels to reach the majority and authorize a failover"
	for _, test := range []struct {
		name         string
		quorum       int
		ready, known int
		want         string
	}{
		{"all", 2, 2, 2, "OK 3 usable Sentinels. Quorum and failover authorization can be reached"},
		{"alone", 1, 0, 0, "OK 1 usable Sentinels. Quorum and failover authorization can be reached"},
		{"quorum too high", 4, 2, 2, "NOQUORUM 3 usable Sentinels. " + few},
		{"no majority", 1, 0, 2, "NOQUORUM 1 usable Sentinels. " + no},
		{"neither", 2, 0, 2, "NOQUORUM 1 usable Sentinels. " + few + ". " + no},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := start(t, command.Options{})
			view := healthy()
			view.Config.Quorum = test.quorum
			s.views.CommitMaster(view)
			var peers []sentinel.Peer
			for i := range test.known {
				peers = append(peers, sentinel.Peer{ID: id(string(rune('b' + i))), Addr: at("127.0.0.8"), Ready: i < test.ready})
			}
			s.views.CommitPeers(peers)
			if have := s.text(t, "SENTINEL", "CKQUORUM", "mymaster"); have != test.want {
				t.Errorf("have %q, want %q", have, test.want)
			}
		})
	}
}
