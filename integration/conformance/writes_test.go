package conformance

import (
	"context"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// everywhere waits until every Sentinel answers with the part.
func (s *stage) everywhere(part string, args ...any) {
	s.t.Helper()
	until(s.t, strings.TrimSpace(part)+" everywhere", func(context.Context) bool {
		for n := range storySentinels {
			if !strings.Contains(ask(s.t, s.at(n), args...), part) {
				return false
			}
		}
		return true
	})
}

func (s *stage) want(n int, want string, args ...any) {
	s.t.Helper()
	if have := ask(s.t, s.at(n), args...); have != want {
		s.t.Errorf("%v at %s: %s, want %s", args, s.at(n), have, want)
	}
}

// TestWritesHoldEverywhere: what one replica of the service is told, all obey, the
// asked one at once, and one that is started later, too.
func TestWritesHoldEverywhere(t *testing.T) {
	needReal(t)
	s := serviceStage(t)
	s.want(1, "OK", "SENTINEL", "SET", "mymaster", "down-after-milliseconds", "4321", "quorum", "3")
	if have := ask(t, s.at(1), "SENTINEL", "MASTER", "mymaster"); !strings.Contains(have, "down-after-milliseconds 4321 ") {
		t.Errorf("the asked one has %s", have)
	}
	s.everywhere("down-after-milliseconds 4321 ", "SENTINEL", "MASTER", "mymaster")
	s.everywhere("quorum 3 ", "SENTINEL", "MASTER", "mymaster")
	await(t, s.recorders, "+set master mymaster "+storyMaster+" 6379 down-after-milliseconds 4321", "+set")

	s.want(2, "OK", "SENTINEL", "CONFIG", "SET", "loglevel", "debug", "announce-port", "1234")
	s.everywhere("debug", "SENTINEL", "CONFIG", "GET", "loglevel")
	s.everywhere("1234", "SENTINEL", "CONFIG", "GET", "announce-port")
	for n := range s.recorders { // no client is sent to where a client said
		if have := ask(t, s.at(n), "SENTINEL", "SENTINELS", "mymaster"); strings.Contains(have, "port 1234 ") {
			t.Errorf("replica %d tells of the others: %s", n, have)
		}
	}
	s.want(2, "OK", "SENTINEL", "DEBUG", "info-period", "500", "ping-period", "100")
	s.everywhere("INFO-PERIOD 500 ", "SENTINEL", "DEBUG")
	s.want(0, "OK", "SENTINEL", "FLUSHCONFIG")
	s.want(0, "OK", "SENTINEL", "CONFIG", "SET", "announce-port", "0")

	late := startReplica(t, s.kube, "127.0.9.70", "d")
	until(t, "the late one has it, too", func(context.Context) bool {
		return strings.Contains(ask(t, late.addr.String(), "SENTINEL", "MASTER", "mymaster"), "down-after-milliseconds 4321 ") &&
			strings.Contains(ask(t, late.addr.String(), "SENTINEL", "CONFIG", "GET", "loglevel"), "debug")
	})
}

// TestRemoveUntilReset: a removed master is nobody's until a RESET takes it back.
func TestRemoveUntilReset(t *testing.T) {
	needReal(t)
	s := serviceStage(t)
	s.want(1, "OK", "SENTINEL", "REMOVE", "mymaster")
	s.want(1, "ERR No such master with that name", "SENTINEL", "MASTER", "mymaster")
	s.everywhere("No such master", "SENTINEL", "REPLICAS", "mymaster")
	s.everywhere("sentinel_masters:0", "INFO", "sentinel")
	await(t, s.recorders, "-monitor master mymaster "+storyMaster+" 6379")
	s.want(2, "ERR No such master with that name", "SENTINEL", "FAILOVER", "mymaster")
	if n := s.replicas[2].monitor.Metrics.Removed.Load(); n != 1 {
		t.Errorf("%d masters counted as removed", n)
	}

	before, _ := s.kube.Get(t.Context(), "mymaster")
	s.redis[storyMaster].Kill()
	until(t, "the replicas lost their master", func(context.Context) bool {
		return strings.Contains(ask(t, s.redis[storyReplica1].Addr(), "INFO", "replication"), "master_link_status:down")
	})
	if after, _ := s.kube.Get(t.Context(), "mymaster"); after.Seq != before.Seq {
		t.Errorf("something was done for it: %s", after.Reason)
	}

	s.want(2, "1", "SENTINEL", "RESET", "my*")
	await(t, s.recorders, "+monitor master mymaster "+storyMaster, "+switch-master mymaster "+storyMaster)
	if n := s.replicas[2].monitor.Metrics.Removed.Load(); n != 0 {
		t.Errorf("%d masters counted as removed", n)
	}
}

// TestFailoverIsRefusedEverywhere as a Sentinel refuses it.
func TestFailoverIsRefusedEverywhere(t *testing.T) {
	needReal(t)
	s := serviceStage(t)
	s.replicas[0].monitor.NotLeading() // so that the accepted one stays to be done
	s.want(1, "OK", "SENTINEL", "FAILOVER", "mymaster")
	for n := range storySentinels {
		s.want(n, "INPROG Failover already in progress", "SENTINEL", "FAILOVER", "mymaster")
	}
	s.replicas[2].monitor.Leading(2)
	await(t, s.recorders, "+switch-master mymaster "+storyMaster)
	s.settle(s.healthy()...)
	for _, host := range s.healthy() {
		s.redis[host].Kill()
	}
	s.everywhere("s_down,slave", "SENTINEL", "REPLICAS", "mymaster")
	for n := range storySentinels {
		until(t, "no good replica", func(context.Context) bool {
			return ask(t, s.at(n), "SENTINEL", "FAILOVER", "mymaster") == "NOGOODSLAVE No suitable replica to promote"
		})
	}
}

// TestSimulatedCrash ends the leader's process at each point, once; the next one
// leads on.
func TestSimulatedCrash(t *testing.T) {
	needReal(t)
	for point, flag := range map[string]string{sentinel.CrashAfterElection: "1", sentinel.CrashAfterPromotion: "2"} {
		t.Run(point, func(t *testing.T) {
			s := serviceStage(t)
			s.want(2, "OK", "SENTINEL", "SIMULATE-FAILURE", point)
			s.everywhere("sentinel_simulate_failure_flags:"+flag, "INFO", "sentinel")
			s.want(1, "OK", "SENTINEL", "FAILOVER", "mymaster")
			until(t, "the leader's end", func(context.Context) bool { return s.replicas[0].exit.Load() == 99 })
			s.everywhere("sentinel_simulate_failure_flags:0", "INFO", "sentinel")
			s.replicas[1].monitor.Leading(2)
			// Before the promotion the next leader goes back, after it on.
			until(t, "a settled record", func(ctx context.Context) bool {
				r, err := s.kube.Get(ctx, "mymaster")
				return err == nil && r.Phase == sentinel.Stable && r.Requested == nil
			})
			s.failover(1)
		})
	}
}
