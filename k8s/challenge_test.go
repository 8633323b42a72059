package k8s

import (
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestSilentLeaderIsGivenUp: a leader that neither answers nor renews is replaced long
// before its Lease runs out.
func TestSilentLeaderIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, d := leaderAPI(t), &diary{}
		stopA := candidate(t, api, diarist{name: "a", diary: d})
		synctest.Wait()
		var silent atomic.Bool
		stopB := candidate(t, api, diarist{name: "b", diary: d, answers: answering(func() bool { return !silent.Load() })})
		time.Sleep(time.Minute)
		stopA = ended(t, api, stopA)
		silent.Store(true)
		began := time.Now()
		for who, _ := holder(t, api); who != "b" && time.Since(began) < time.Minute; who, _ = holder(t, api) {
			time.Sleep(10 * time.Millisecond)
		}
		if took := time.Since(began); took >= 4*time.Second {
			t.Errorf("given up after %s; the Lease alone takes up to 6 s and two looks at it", took)
		}
		stopB()
		stopA()
	})
}

// answering answers as long as a process lives, and never keeps a connection.
func answering(lives func() bool) func(context.Context, string) (net.Conn, error) {
	return func(context.Context, string) (net.Conn, error) {
		if lives() {
			return nil, nil
		}
		return nil, errors.New("no answer")
	}
}

// TestALeaderThatCrashesIsFollowedAtOnce: the end of its connection tells that it has ended.
func TestALeaderThatCrashesIsFollowedAtOnce(t *testing.T) {
	for range 10 {
		synctest.Test(t, func(t *testing.T) {
			api, d := leaderAPI(t), &diary{}
			stopA := candidate(t, api, diarist{name: "a", diary: d})
			synctest.Wait()
			process := &peer{}
			stopB := candidate(t, api, diarist{name: "b", diary: d, answers: process.answer})
			time.Sleep(time.Minute)
			stopA = ended(t, api, stopA)
			process.crash()
			began := time.Now()
			for who, _ := holder(t, api); who != "b" && time.Since(began) < time.Minute; who, _ = holder(t, api) {
				time.Sleep(time.Millisecond)
			}
			if took := time.Since(began); took > askEvery/2 {
				t.Errorf("followed after %s", took)
			}
			stopB()
			stopA()
		})
	}
}

// TestABrokenConnectionAloneEndsNoTerm: the holder answers on the next one; nor does one
// end that nobody could ever reach.
func TestABrokenConnectionAloneEndsNoTerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		process := &peer{}
		_, d, stopA, stopB := besideALeader(t, process)
		for range 100 {
			time.Sleep(700 * time.Millisecond)
			process.cut()
		}
		stopB()
		stopA()
		if diff := cmp.Diff([]string{"a leads in term 1", "a stops"}, d.read()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestWhoHangsUpAtOnceIsNotAskedWithoutPause: it answers, so it lives, and it may have no room
// for one client more.
func TestWhoHangsUpAtOnceIsNotAskedWithoutPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, d := leaderAPI(t), &diary{}
		stopA := candidate(t, api, diarist{name: "a", diary: d})
		synctest.Wait()
		const often = 1000 // then it gives in, so that this test ends
		process, asked := &peer{}, 0
		stopB := candidate(t, api, diarist{name: "b", diary: d, answers: func(ctx context.Context, holder string) (net.Conn, error) {
			conn, err := process.answer(ctx, holder)
			if asked++; asked < often {
				process.cut()
			}
			return conn, err
		}})
		time.Sleep(time.Minute)
		stopB()
		stopA()
		if most := 2 * int(time.Minute/askEvery); asked == 0 || asked > most {
			t.Errorf("asked %d times in a minute, want at most %d", asked, most)
		}
		if diff := cmp.Diff([]string{"a leads in term 1", "a stops"}, d.read()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestALeaderThatIsOnlyCutOffKeepsItsLease: the connection has ended and nobody answers,
// but the Lease is renewed.
func TestALeaderThatIsOnlyCutOffKeepsItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		process := &peer{}
		_, d, stopA, stopB := besideALeader(t, process)
		for range 10 {
			time.Sleep(10 * time.Second)
			process.away.Store(true)
			process.cut()
			time.Sleep(10 * time.Second)
			process.away.Store(false)
		}
		stopB()
		stopA()
		if diff := cmp.Diff([]string{"a leads in term 1", "a stops"}, d.read()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestALeaderThatCrashesWhileItTurnsOthersAwayIsFollowed as soon as it is asked again: what
// has ended connections and gave no room to another is known.
func TestALeaderThatCrashesWhileItTurnsOthersAwayIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		process := &peer{}
		api, _, stopA, stopB := besideALeader(t, process)
		time.Sleep(time.Minute)
		process.full.Store(true)
		process.cut()
		time.Sleep(time.Minute)
		stopA = ended(t, api, stopA)
		process.crash()
		began := time.Now()
		for who, _ := holder(t, api); who != "b" && time.Since(began) < time.Minute; who, _ = holder(t, api) {
			time.Sleep(time.Millisecond)
		}
		if took := time.Since(began); took > askEvery*3/2 {
			t.Errorf("followed after %s", took)
		}
		stopB()
		stopA()
	})
}

// peer is the process of a holder as others reach it.
type peer struct {
	away, full atomic.Bool // nobody reaches it; it has no room for a client
	mu         sync.Mutex
	crashed    bool
	ends       []net.Conn
}

func (p *peer) answer(ctx context.Context, _ string) (net.Conn, error) {
	if p.away.Load() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.crashed {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	if p.full.Load() {
		return nil, nil
	}
	ours, theirs := net.Pipe()
	p.ends = append(p.ends, theirs)
	return ours, nil
}

// cut ends all connections.
func (p *peer) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, end := range p.ends {
		_ = end.Close()
	}
	p.ends = nil
}

func (p *peer) crash() {
	p.mu.Lock()
	p.crashed = true
	p.mu.Unlock()
	p.cut()
}

// ended makes a candidate end as by SIGKILL: its Lease stays as it is.
func ended(t *testing.T, api *fakeAPI, stop func()) func() {
	t.Helper()
	api.setRefuse(func(string, string) error { return refusedConnection(1) })
	stop()
	api.setRefuse(nil)
	return func() {}
}

// TestSilentLeaderThatRenewsStays: it is only us who do not reach it.
func TestSilentLeaderThatRenewsStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, d := leaderAPI(t), &diary{}
		stopA := candidate(t, api, diarist{name: "a", diary: d})
		synctest.Wait()
		stopB := candidate(t, api, diarist{name: "b", diary: d, answers: answering(func() bool { return false })})
		time.Sleep(10 * time.Minute)
		stopB()
		stopA()
		if diff := cmp.Diff([]string{"a leads in term 1", "a stops"}, d.read()); diff != "" {
			t.Error(diff)
		}
	})
}

// TestAnsweringLeaderStays: one that answers keeps its Lease's whole time.
func TestAnsweringLeaderStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, d := leaderAPI(t), &diary{}
		stopA := candidate(t, api, diarist{name: "a", diary: d})
		synctest.Wait()
		stopB := candidate(t, api, diarist{name: "b", diary: d})
		time.Sleep(time.Minute)
		ended(t, api, stopA)
		time.Sleep(4 * time.Second)
		if who, _ := holder(t, api); who != "a" {
			t.Errorf("%s took a Lease that had not run out, of a holder that answers", who)
		}
		stopB()
	})
}

// TestALeaderThatLeavesIsFollowedAtOnce: it gives its Lease back, but answers for a while
// yet. Others find it out long before they would have tried to get the Lease.
func TestALeaderThatLeavesIsFollowedAtOnce(t *testing.T) {
	for range 10 { // the election's own pauses are random, from 1 to 2.2 s
		synctest.Test(t, func(t *testing.T) {
			api, d := leaderAPI(t), &diary{}
			stopA := candidate(t, api, diarist{name: "a", diary: d})
			synctest.Wait()
			var ending atomic.Bool
			stopB := candidate(t, api, diarist{name: "b", diary: d, leaves: func(string) bool { return ending.Load() }})
			time.Sleep(time.Minute)
			ending.Store(true)
			time.Sleep(2 * time.Second) // it need not be told at once
			if who, _ := holder(t, api); who != "a" {
				t.Errorf("%s took the Lease of one that had not given it back", who)
			}
			stopA()
			began := time.Now()
			for who, _ := holder(t, api); who != "b" && time.Since(began) < time.Minute; who, _ = holder(t, api) {
				time.Sleep(10 * time.Millisecond)
			}
			if took := time.Since(began); took > 600*time.Millisecond {
				t.Errorf("followed after %s", took)
			}
			stopB()
		})
	}
}

// besideALeader has a lead, and b ask it at the process.
func besideALeader(t *testing.T, process *peer) (api *fakeAPI, d *diary, stopA, stopB func()) {
	t.Helper()
	api, d = leaderAPI(t), &diary{}
	stopA = candidate(t, api, diarist{name: "a", diary: d})
	synctest.Wait()
	return api, d, stopA, candidate(t, api, diarist{name: "b", diary: d, answers: process.answer})
}
