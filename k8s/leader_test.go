package k8s

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"

	"github.com/google/go-cmp/cmp"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// diary writes down who leads when, for several replicas.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) read() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.lines)
}

type diarist struct {
	name string
	*diary
	// closing is called when leading ends, before that is written.
	closing func()
	// answers is what it hears of the holder; nil: that it lives.
	answers func(ctx context.Context, holder string) (net.Conn, error)
	// leaves is whether it sees that the holder's pod ends; nil: it does not end.
	leaves func(holder string) bool
	// sees is what it reaches of Redis; nil: some.
	sees *sees
}

// Sight is as Monitor.Sight.
func (d diarist) Sight() sentinel.Sight {
	if d.sees == nil {
		return sentinel.SightSome
	}
	return sentinel.Sight(d.sees.Load())
}

func (d diarist) Leading(term uint64) { d.write("%s leads in term %d", d.name, term) }

func (d diarist) NotLeading() {
	if d.closing != nil {
		d.closing()
	}
	d.write("%s stops", d.name)
}

// candidate runs a replica's election until stop is called, which waits for it.
func candidate(t *testing.T, api *fakeAPI, d diarist) (stop func()) {
	t.Helper()
	options := testOptions()
	options.PodName = d.name
	health := newHealth(testNamespace, options.Log, nil)
	answers := d.answers
	if answers == nil {
		answers = func(context.Context, string) (net.Conn, error) { return nil, nil }
	}
	leaves := d.leaves
	if leaves == nil {
		leaves = func(string) bool { return false }
	}
	leader := &Leader{client: api, options: options, health: health, log: options.Log, lead: func(bool) {}, answers: answers, leaves: leaves}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := leader.Run(ctx, d); err != nil {
			t.Error(err)
		}
	})
	return func() { cancel(); running.Wait() }
}

func leaderAPI(t *testing.T) *fakeAPI {
	t.Helper()
	return newFakeAPI(t, "get leases", "create leases", "update leases")
}

func holder(t *testing.T, api *fakeAPI) (identity string, transitions int32) {
	t.Helper()
	object, err := api.Tracker().Get(coordinationv1.SchemeGroupVersion.WithResource("leases"), testNamespace, "dev-sentinel-leader")
	if err != nil {
		t.Fatal(err)
	}
	lease := object.(*coordinationv1.Lease)
	return *lease.Spec.HolderIdentity, *lease.Spec.LeaseTransitions
}

func TestLeaderHandsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, d := leaderAPI(t), &diary{}
		stopA := candidate(t, api, diarist{name: "a", diary: d, closing: func() {
			if who, _ := holder(t, api); who != "a" {
				t.Errorf("the Lease was released to %q before a stopped", who)
			}
		}})
		synctest.Wait()
		stopB := candidate(t, api, diarist{name: "b", diary: d})
		time.Sleep(time.Minute)
		stopA()
		time.Sleep(3 * time.Second) // well below the Lease's 6 s
		if who, term := holder(t, api); who != "b" || term != 2 {
			t.Errorf("holder %s in term %d", who, term)
		}
		stopB()
		if diff := cmp.Diff([]string{"a leads in term 1", "a stops", "b leads in term 2", "b stops"}, d.read()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLeaderStopsWithoutAPIAndComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, d := leaderAPI(t), &diary{}
		var stopped time.Time
		stop := candidate(t, api, diarist{name: "a", diary: d, closing: func() { stopped = time.Now() }})
		time.Sleep(time.Minute)
		api.setRefuse(func(string, string) error { return refusedConnection(1) })
		away := time.Now()
		time.Sleep(time.Hour)
		d.read() // whose lock orders stopped before this
		if took := stopped.Sub(away); took > 6*time.Second {
			t.Errorf("stopped leading %s after the API went away: another may lead by then", took)
		}
		api.setRefuse(nil)
		time.Sleep(3 * time.Second)
		stop()
		if diff := cmp.Diff([]string{"a leads in term 1", "a stops", "a leads in term 2", "a stops"}, d.read()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLeaderTakesOverFromItsCrashedSelf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, d := leaderAPI(t), &diary{}
		stop := candidate(t, api, diarist{name: "a", diary: d})
		time.Sleep(time.Minute)
		api.setRefuse(func(string, string) error { return refusedConnection(1) }) // so it cannot release
		stop()
		api.setRefuse(nil)
		begin := time.Now()
		stop = candidate(t, api, diarist{name: "a", diary: d})
		synctest.Wait()
		if lines := d.read(); len(lines) != 3 || lines[2] != "a leads in term 2" || time.Since(begin) > 0 {
			t.Errorf("after %s: %q", time.Since(begin), lines)
		}
		stop()
	})
}

// TestALostLeaseIsTakenInANewTerm: another one took it and gave it up again before the
// first one noticed, so what that one knows of its term is wrong.
func TestALostLeaseIsTakenInANewTerm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, d := leaderAPI(t), &diary{}
		stop := candidate(t, api, diarist{name: "a", diary: d})
		time.Sleep(time.Minute)
		write := func(holder string) {
			object, err := api.Tracker().Get(coordinationv1.SchemeGroupVersion.WithResource("leases"), testNamespace, "dev-sentinel-leader")
			if err != nil {
				t.Fatal(err)
			}
			lease := object.DeepCopyObject().(*coordinationv1.Lease)
			lease.Spec.HolderIdentity, lease.Spec.LeaseTransitions = &holder, new(int32(2))
			api.store(t, lease)
		}
		write("b")
		time.Sleep(1500 * time.Millisecond) // it is seen once, and the renew deadline is far
		write("")
		time.Sleep(time.Minute)
		stop()
		if diff := cmp.Diff([]string{"a leads in term 1", "a stops", "a leads in term 3", "a stops"}, d.read()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTermsRiseWhenTheLeaseIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, d := leaderAPI(t), &diary{}
		stopA := candidate(t, api, diarist{name: "a", diary: d})
		synctest.Wait()
		stopB := candidate(t, api, diarist{name: "b", diary: d})
		time.Sleep(time.Minute)
		api.remove(t, coordinationv1.SchemeGroupVersion.WithResource("leases"), "dev-sentinel-leader")
		time.Sleep(time.Minute)
		if _, term := holder(t, api); term < 2 {
			t.Errorf("term %d after a deletion, want more than 1", term)
		}
		stopA()
		stopB()
		last := ""
		for _, line := range d.read() {
			if line == last {
				t.Errorf("a term came twice: %q", d.read())
			}
			last = line
		}
	})
}
