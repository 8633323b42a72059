package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// step is one phase of a change of the master: how it is brought about, and what has
// to be mended afterwards.
type step struct {
	phase string
	begin func(r *release, master string)
	mend  func(r *release, pod string)
	// planned: nothing may be lost.
	planned bool
}

var (
	switching = step{phase: "Switching", planned: true, begin: func(r *release, _ string) { r.ask() }}
	promoting = step{phase: "Promoting", begin: func(r *release, master string) { r.kill(r.podAt(master)) }}
	failing   = step{
		phase: "Failing",
		begin: func(r *release, master string) {
			if err := r.freeze(r.podAt(master), "redis"); err != nil {
				r.t.Fatal(err)
			}
		},
		mend: func(r *release, pod string) { r.wake(pod, "redis") },
	}
)

// TestLeaderKilled: the leader of the service is killed when the record says how far
// it came, before it hears so, and its pod is removed. Another one ends what it began.
func TestLeaderKilled(t *testing.T) {
	r := install(t, nil)
	r.settled(3)
	preload(t, r.client())
	moments := r.moments()
	for _, s := range []step{switching, promoting, failing} {
		ok := t.Run(s.phase, func(t *testing.T) {
			r := r.in(t)
			c := r.beginChange()
			pod := r.podAt(c.from)
			leader, stopped := r.stopLeader(moments, s, &c)
			r.removeService(leader)
			r.replaced()
			finished := r.ends(s, &c, stopped.Term)
			if s.mend != nil {
				s.mend(r, pod)
			}
			r.ready(3)
			r.isWell(c)
			r.lostNothing(s, c)
			t.Logf("term %d stopped with target %s, term %d finished: master %s, then %s",
				stopped.Term, c.target.addr(), finished.Term, c.from, c.to)
		})
		if !ok {
			return
		}
	}
}

// TestLeaderEnds: the leader of the service is told to end when a switchover is half done, as
// when the node of both is drained. It finishes it: nobody has to begin anew.
func TestLeaderEnds(t *testing.T) {
	r := install(t, nil)
	from := r.settled(3)
	before, moments := r.epoch(), r.moments()
	var term uint64
	came := moments.before("Switching", func(written record, writer string) error {
		term = written.Term
		return r.endAndWatch(writer)
	})
	r.ask()
	came.await(t)
	now := r.says("Stable with another master", func(now record) bool { return now.Phase == "Stable" && now.Master.addr() != from })
	if now.Term != term || r.epoch() != before+1 {
		t.Errorf("epoch %d after %d, finished in term %d after %d: want the next epoch, and the same term", r.epoch(), before, now.Term, term)
	}
	r.ready(3)
	r.settled(3)
}

// endAndWatch tells a replica of the service to end, and gives it time to do what it should
// not do yet: to let somebody else lead.
func (r *release) endAndWatch(pod string) error {
	ctx := r.t.Context()
	if err := r.Agent.Signal(r.namespace, pod, "sentinel", syscall.SIGTERM); err != nil {
		return err
	}
	for deadline := time.Now().Add(finishes); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if now, err := r.leader(ctx); err != nil || now != pod {
			return nil
		}
	}
	return nil
}

// finishes is shorter than the service gives itself.
const finishes = 200 * time.Millisecond

// TestTwoLeaders: the leader is frozen when the record says how far it came, for
// longer than its Lease lasts. Another one takes over and finishes, and then another
// master is chosen once more. The first leader wakes, believes that it leads, and finds
// the answer to what it wrote: it must change nothing any more.
func TestTwoLeaders(t *testing.T) {
	r := install(t, nil)
	r.settled(3)
	preload(t, r.client())
	moments := r.moments()
	for _, s := range []step{switching, promoting} {
		ok := t.Run(s.phase, func(t *testing.T) {
			r := r.in(t)
			c := r.beginChange()
			leader, stopped := r.stopLeader(moments, s, &c)
			living := others(r.sentinels(), r.serviceAddr(leader))
			finished := r.ends(s, &c, stopped.Term)
			r.settledBy(3, living)
			c.v.check(t, uniq(c.from, c.to)...)
			r.lostNothing(s, c)

			r.ask()
			again := change{from: c.to, to: r.movedBy(c.to, living)}
			r.settledBy(3, living)
			again.v = startRivals(t, r.redisAddrs())
			again.v.awaitAt(t, again.to)
			again.from = again.to // the change is over: nobody else may take a write from now on
			epoch, before := r.epoch(), r.roleCommands()

			r.wake(leader, "sentinel")
			r.resigns(leader)
			r.ready(3)
			r.isWell(again)
			for what, n := range r.roleCommands() {
				if strings.HasSuffix(what, "client|kill") {
					continue // by the leader: the rivals come late, and are refused
				}
				if n != before[what] {
					t.Errorf("%s: %d calls before the old leader woke, %d after", what, before[what], n)
				}
			}
			if now := r.epoch(); now != epoch {
				t.Errorf("epoch %d before the old leader woke, %d after", epoch, now)
			}
			t.Logf("term %d stopped at %s, term %d finished", stopped.Term, s.phase, finished.Term)
		})
		if !ok {
			return
		}
	}
}

// stopLeader brings a step about and freezes the leader while its record is written:
// the record is there, and nothing else was done by it.
func (r *release) stopLeader(moments *moments, s step, c *change) (leader string, stopped record) {
	r.t.Helper()
	came := moments.before(s.phase, func(written record, writer string) error {
		leader = writer
		c.target = written.Target
		return r.freeze(writer, "sentinel")
	})
	s.begin(r, c.from)
	came.await(r.t)
	return leader, r.says(s.phase, func(now record) bool { return now.Phase == s.phase })
}

// ends waits until a leader of a later term has finished, whatever the outcome, and
// takes down who is master.
func (r *release) ends(s step, c *change, term uint64) record {
	r.t.Helper()
	now := r.says("Stable by another leader", func(now record) bool { return now.Phase == "Stable" && now.Term > term })
	c.to = now.Master.addr()
	if !s.planned && c.to == c.from {
		r.t.Errorf("%s is still master", c.from)
	}
	return now
}

// lostNothing holds what a planned change promises.
func (r *release) lostNothing(s step, c change) {
	r.t.Helper()
	if !s.planned {
		return
	}
	if lost := c.v.lost(r.t.Context(), r.t, node(r.t, c.to), uniq(c.from, c.to)...); lost > 0 {
		r.t.Errorf("%d acknowledged writes lost in a planned switch", lost)
	}
}

// ask asks a replica of the service that does not lead for a failover.
func (r *release) ask() {
	r.t.Helper()
	cluster.Eventually(r.t, 20*time.Second, "SENTINEL FAILOVER is accepted", func(ctx context.Context) error {
		leader, err := r.leader(ctx)
		if err != nil {
			return err
		}
		asked, err := r.readySentinel(ctx, leader)
		if err != nil {
			return err
		}
		s := redis.NewSentinelClient(&redis.Options{Addr: asked})
		defer s.Close()
		return s.Failover(ctx, "mymaster").Err()
	})
}

// leader is the pod that holds the Lease of the leader.
func (r *release) leader(ctx context.Context) (string, error) {
	lease, err := r.Client.CoordinationV1().Leases(r.namespace).Get(ctx, r.lease("sentinel-leader"), getOptions)
	if err != nil {
		return "", err
	}
	if lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == "" {
		return "", errors.New("nobody leads")
	}
	return *lease.Spec.HolderIdentity, nil
}

// epoch is how many masters were chosen.
func (r *release) epoch() int32 {
	r.t.Helper()
	lease, err := r.Client.CoordinationV1().Leases(r.namespace).Get(r.t.Context(), r.lease("mymaster"), getOptions)
	if err != nil {
		r.t.Fatal(err)
	}
	return *lease.Spec.LeaseTransitions
}

func (r *release) serviceAddr(pod string) string {
	r.t.Helper()
	object, err := r.Client.CoreV1().Pods(r.namespace).Get(r.t.Context(), pod, getOptions)
	if err != nil {
		r.t.Fatal(err)
	}
	return object.Status.PodIP + ":26379"
}

// removeService kills a replica of the service and lets it not come back.
func (r *release) removeService(pod string) {
	r.t.Helper()
	now := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}
	if err := r.Client.CoreV1().Pods(r.namespace).Delete(r.t.Context(), pod, now); err != nil {
		r.t.Fatal(err)
	}
	if err := r.Agent.Signal(r.namespace, pod, "sentinel", syscall.SIGKILL); err != nil {
		r.t.Fatal(err)
	}
}

// resigns waits until a replica of the service knows that it does not lead any more.
func (r *release) resigns(pod string) {
	r.t.Helper()
	cluster.Eventually(r.t, time.Minute, pod+" resigns", func(context.Context) error {
		if !strings.Contains(r.Logs(r.t, r.namespace, pod, "sentinel"), "not leading any more") {
			return fmt.Errorf("it does not say so")
		}
		return nil
	})
}

// roleCommands are the commands that change who is master, or what clients may do.
// Those for the write fence are left out: it moves with each replica that lags.
func (r *release) roleCommands() map[string]int {
	r.t.Helper()
	calls := r.commands()
	for what := range calls {
		if strings.HasSuffix(what, "config|set") {
			delete(calls, what)
		}
	}
	return calls
}

func uniq(from, to string) []string {
	if from == to {
		return []string{from}
	}
	return []string{from, to}
}
