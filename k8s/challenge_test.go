package k8s

import (
	"context"
	"sync/atomic"
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
		stopB := candidate(t, api, diarist{name: "b", diary: d, answers: func(context.Context, string) bool { return !silent.Load() }})
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
		stopB := candidate(t, api, diarist{name: "b", diary: d, answers: func(context.Context, string) bool { return false }})
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
