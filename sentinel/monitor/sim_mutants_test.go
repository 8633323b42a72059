package monitor_test

import (
	"context"
	"errors"
	"flag"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/monitor"
)

var simMutants = flag.Int("sim.mutants", 0, "how many schedules TestSimMutants gives each mutant to be found; 0 skips it")

// mutants are guards that can be left out, each alone, with the profile that is hardest
// on it.
var mutants = []struct{ name, profile, what string }{
	{"compare-and-swap", "two leaders", "the API server accepts every write of the record"},
	{"boot fence", "crashes", "a restarted Redis is an empty, writable master"},
	{"term kill", "two leaders", "the connections of older leaders are left alone"},
	{"write fence", "cuts", "a master is never told to stop without replicas"},
	{"catching up", "planned", "the target of a switchover says that it has all, and has not"},
	{"silent node", "silent nodes", "nobody sees that nothing is heard of a node"},
	{"revision", "rollouts", "nobody sees which pods a rollout is still to replace"},
	{"own life", "disks", "every process tells that it has followed somebody in its own life"},
	{"seal", "refusals", "every name of a later leader is believed"},
	{"blind leader", "blind leaders", "a leader that reaches no Redis leads on"},
	{"memory only", "memory only", "what a process finds on its disk is the set's, though it has no disks by its word"},
	{"first reading", "restarted leader", "a first reading tells nothing of links that were up"},
	{"later version", "versions", "a record that needs a later version is read as any other"},
	{"run id", "", "a connection for commands gives the run id of the process before"},
}

// TestSimMutants shows that the simulation can fail: it leaves one guard out after the
// other and plays schedules until a promise breaks.
func TestSimMutants(t *testing.T) {
	if *simMutants == 0 {
		t.Skip("takes minutes: -args -sim.mutants=2000")
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			began := time.Now()
			c := campaign{first: *simSeed, schedules: *simMutants, mutant: m.name, profile: m.profile, stopAt: 1}
			c.run(t)
			if len(c.failures) == 0 {
				t.Fatalf("survived %d schedules: %s, and nothing breaks", c.played, m.what)
			}
			w := c.failures[0]
			t.Logf("found after %d schedules and %s: %s; seed %d (%s) breaks %s: %s", c.played, time.Since(began).Round(time.Millisecond),
				m.what, w.seed, w.plan.name, w.broken.promise, w.broken.what)
			if *simStory {
				t.Logf("\n%s", w.story.String())
			}
		})
	}
}

// guardKube and guardDial are what a Monitor is given; with a mutant, less than that.
func (w *world) guardKube(k kube) monitor.Kubernetes {
	switch w.mutant {
	case "compare-and-swap":
		return obligingKube{k}
	case "later version":
		return olderKube{k, w}
	}
	return k
}

func (w *world) guardDial(dial monitor.Dialer, watch monitor.Watcher) (monitor.Dialer, monitor.Watcher) {
	before := map[sentinel.Addr]string{}
	// first is the run id that was met first at an address.
	first := func(addr sentinel.Addr, runID string) string {
		w.mu.Lock()
		defer w.mu.Unlock()
		if before[addr] == "" {
			before[addr] = runID
		}
		return before[addr]
	}
	guarded := func(ctx context.Context, addr sentinel.Addr, name string) (monitor.Conn, sentinel.Snapshot, error) {
		c, s, err := dial(ctx, addr, name)
		if err != nil {
			return nil, s, err
		}
		switch w.mutant {
		case "term kill":
			return mercifulConn{c}, s, nil
		case "write fence":
			return unfencedConn{c}, s, nil
		case "catching up":
			return hastyConn{c}, s, nil
		case "run id":
			return lyingConn{c, first(addr, c.RunID())}, s, nil
		}
		return c, s, nil
	}
	return guarded, func(ctx context.Context, addr sentinel.Addr, name string) (monitor.Pulse, sentinel.Snapshot, error) {
		p, s, err := watch(ctx, addr, name)
		if err == nil {
			first(addr, s.RunID)
		}
		return p, s, err
	}
}

// obligingKube writes over whatever is there.
type obligingKube struct{ kube }

func (k obligingKube) Put(ctx context.Context, master string, r sentinel.Record) (sentinel.Record, error) {
	for range 3 {
		written, err := k.kube.Put(ctx, master, r)
		if !errors.Is(err, sentinel.ErrConflict) {
			return written, err
		}
		live, err := k.Get(ctx, master)
		if err != nil {
			return written, err
		}
		r.Seq, r.Version, r.Epoch = live.Seq, live.Version, max(r.Epoch, live.Epoch)
	}
	return k.kube.Put(ctx, master, r)
}

// mercifulConn kills nobody.
type mercifulConn struct{ monitor.Conn }

func (mercifulConn) KillOlder(context.Context, func(string) (bool, error)) error { return nil }

// unfencedConn keeps the write fence to itself.
type unfencedConn struct{ monitor.Conn }

func (c unfencedConn) Promote(ctx context.Context, _ int, maxLag time.Duration) (sentinel.Snapshot, error) {
	return c.Conn.Promote(ctx, 0, maxLag)
}

func (c unfencedConn) SetFence(ctx context.Context, minReplicas int, _ time.Duration) (sentinel.Snapshot, error) {
	s, err := c.Snapshot(ctx)
	s.NeedsReplicas = minReplicas > 0
	return s, err
}

// hastyConn waits for nothing.
type hastyConn struct{ monitor.Conn }

func (c hastyConn) AwaitOffset(ctx context.Context, _ int64, _ time.Duration) (sentinel.Snapshot, error) {
	return c.Snapshot(ctx)
}

// lyingConn is to another process than it says.
type lyingConn struct {
	monitor.Conn
	runID string
}

func (c lyingConn) RunID() string { return c.runID }
