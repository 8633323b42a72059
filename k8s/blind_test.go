package k8s

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// sees is what a replica of the service reaches of Redis.
type sees struct{ atomic.Int64 }

func seeing(s sentinel.Sight) *sees {
	v := &sees{}
	v.turn(s)
	return v
}

func (v *sees) turn(s sentinel.Sight) { v.Store(int64(s)) }

// TestABlindLeaderIsRelieved: it reaches no Redis, another one does. It renews its Lease and
// answers, or is cut off from the others, too.
func TestABlindLeaderIsRelieved(t *testing.T) {
	for name, answers := range map[string]func(context.Context, string) (net.Conn, error){
		"answers":    answering(func() bool { return true }),
		"is cut off": answering(func() bool { return false }),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api, d := leaderAPI(t), &diary{}
				a := seeing(sentinel.SightSome)
				var stopped time.Time
				stopA := candidate(t, api, diarist{name: "a", diary: d, sees: a, closing: func() { stopped = time.Now() }})
				synctest.Wait()
				stopB := candidate(t, api, diarist{name: "b", diary: d, answers: answers})
				time.Sleep(time.Minute)
				a.turn(sentinel.SightNone)
				took := until(t, api, "b")
				if took > 4*time.Second {
					t.Errorf("relieved after %s", took)
				}
				time.Sleep(2 * time.Second)
				if got := d.read(); !slices.Contains(got, "a stops") {
					t.Errorf("two lead %s after the Lease changed hands: %q", time.Since(stopped), got)
				}
				a.turn(sentinel.SightSome)
				time.Sleep(10 * time.Minute)
				stopA()
				stopB()
				lines := d.read()
				slices.Sort(lines)
				if diff := cmp.Diff([]string{"a leads in term 1", "a stops", "b leads in term 2", "b stops"}, lines); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// until waits until one holds the Lease and returns for how long that took.
func until(t *testing.T, api *fakeAPI, who string) time.Duration {
	t.Helper()
	began := time.Now()
	for now, _ := holder(t, api); now != who && time.Since(began) < time.Minute; now, _ = holder(t, api) {
		time.Sleep(10 * time.Millisecond)
	}
	return time.Since(began)
}

// TestNothingChangesHandsWhenAllAreBlind: the leader renews, and nothing else is written.
func TestNothingChangesHandsWhenAllAreBlind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, d := leaderAPI(t), &diary{}
		eyes := seeing(sentinel.SightSome)
		stopA := candidate(t, api, diarist{name: "a", diary: d, sees: eyes})
		synctest.Wait()
		stopB := candidate(t, api, diarist{name: "b", diary: d, sees: eyes})
		stopC := candidate(t, api, diarist{name: "c", diary: d, sees: eyes})
		time.Sleep(time.Minute)
		count := func() (n int) {
			for _, call := range api.made() {
				if !strings.HasPrefix(call, "get ") {
					n++
				}
			}
			return n
		}
		const watched = 10 * time.Minute
		renewals := int(watched / DefaultLeaseTimes().RetryPeriod)
		for _, s := range []sentinel.Sight{sentinel.SightNone, sentinel.SightUnclear, sentinel.SightNone} {
			eyes.turn(s)
			before := count()
			time.Sleep(watched)
			if n := count() - before; n > renewals+2 { // one at either end
				t.Errorf("%d writes in %s, want the %d renewals", n, watched, renewals)
			}
		}
		if diff := cmp.Diff([]string{"a leads in term 1"}, d.read()); diff != "" {
			t.Error(diff)
		}
		stopC()
		stopB()
		stopA()
	})
}

// TestABlindCandidateHoldsBack: a Lease that is free goes to one that reaches Redis, and to
// any when none does.
func TestABlindCandidateHoldsBack(t *testing.T) {
	for range 10 { // the election's own pauses are random
		synctest.Test(t, func(t *testing.T) {
			api, d := leaderAPI(t), &diary{}
			c := seeing(sentinel.SightSome)
			stopA := candidate(t, api, diarist{name: "a", diary: d})
			synctest.Wait()
			stopB := candidate(t, api, diarist{name: "b", diary: d, sees: seeing(sentinel.SightNone)})
			stopC := candidate(t, api, diarist{name: "c", diary: d, sees: c})
			time.Sleep(time.Minute)
			stopA()
			if took := until(t, api, "c"); took > 3*time.Second {
				t.Errorf("followed after %s", took)
			}
			c.turn(sentinel.SightNone)
			time.Sleep(time.Minute)
			stopC()
			if took := until(t, api, "b"); took > 8*time.Second {
				t.Errorf("a Lease that nobody else wants was taken after %s", took)
			}
			stopB()
			if diff := cmp.Diff([]string{"a leads in term 1", "a stops", "c leads in term 2", "c stops", "b leads in term 3", "b stops"}, d.read()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestALeaderThatReachesRedisAgainStays: what it said of itself is over, also when another
// leader said it.
func TestALeaderThatReachesRedisAgainStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, d := leaderAPI(t), &diary{}
		a, b := seeing(sentinel.SightSome), seeing(sentinel.SightNone)
		stopA := candidate(t, api, diarist{name: "a", diary: d, sees: a})
		synctest.Wait()
		stopB := candidate(t, api, diarist{name: "b", diary: d, sees: b})
		for range 20 {
			a.turn(sentinel.SightNone)
			time.Sleep(10 * time.Second)
			a.turn(sentinel.SightSome)
			time.Sleep(2 * time.Second) // for a renewal
			b.turn(sentinel.SightSome)
			time.Sleep(10 * time.Second)
			b.turn(sentinel.SightNone)
			time.Sleep(time.Second)
		}
		if diff := cmp.Diff([]string{"a leads in term 1"}, d.read()); diff != "" {
			t.Error(diff)
		}
		stopB()
		stopA()
	})
}

// TestARelievedLeaderIsToldOf: an Event on the Lease says why another one leads.
func TestARelievedLeaderIsToldOf(t *testing.T) {
	l := &Leader{options: testOptions(), log: testOptions().Log}
	l.options.PodName = "b"
	var told []string
	l.tell = func(lease identity, reason, text string) { told = append(told, lease.name+" "+reason+": "+text) }
	l.seal.uid.Store(new("uid"))
	l.relieved("a")
	if diff := cmp.Diff([]string{"dev-sentinel-leader LeaderBlind: a reaches no Redis, and b does: it leads now"}, told); diff != "" {
		t.Error(diff)
	}
}
