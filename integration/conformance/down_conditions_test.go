package conformance

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
)

// flagsOf are the flags of a replica at the n-th Sentinel.
func (s *stage) flagsOf(n int, host string) string {
	_, row, _ := strings.Cut(ask(s.t, s.at(n), "SENTINEL", "REPLICAS", "mymaster"), "ip "+host+" ")
	_, flags, _ := strings.Cut(row, "flags ")
	flags, _, _ = strings.Cut(flags, " ")
	return flags
}

func (s *stage) untilFlags(host string, fits func(flags string) bool, what string) {
	s.t.Helper()
	until(s.t, host+" is told as "+what, func(context.Context) bool {
		for n := range storySentinels {
			if !fits(s.flagsOf(n, host)) {
				return false
			}
		}
		return true
	})
}

func isDown(flags string) bool    { return strings.Contains(flags, "s_down") }
func isHealthy(flags string) bool { return flags == "slave" }

// TestHangingReplica is s_down after down-after, and exactly a replica when it goes on.
func TestHangingReplica(t *testing.T) {
	needReal(t)
	s := serviceStage(t)
	ask(t, s.at(0), "SENTINEL", "SET", "mymaster", "down-after-milliseconds", "500")
	r := s.redis[storyReplica1]
	r.Stop(t)
	s.untilFlags(r.Host, isDown, "down")
	r.Cont(t)
	s.untilFlags(r.Host, isHealthy, "up")
}

// TestMasterThatAnswersErrors is s_down, and exactly a master when it is well again.
// No other takes over while its replicas hear of it.
func TestMasterThatAnswersErrors(t *testing.T) {
	needReal(t)
	s := serviceStage(t)
	ask(t, s.at(0), "SENTINEL", "SET", "mymaster", "down-after-milliseconds", "500")
	master := s.redis[storyMaster]
	dir := t.TempDir() // until it is removed
	for _, option := range [][2]string{{"dir", dir}, {"stop-writes-on-bgsave-error", "yes"}, {"save", "900 1"}} {
		if have := ask(t, master.Addr(), "CONFIG", "SET", option[0], option[1]); have != "OK" {
			t.Fatalf("%s: %s", option[0], have)
		}
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	ask(t, master.Addr(), "BGSAVE")
	until(t, "-MISCONF to PING", func(context.Context) bool { return strings.HasPrefix(ask(t, master.Addr(), "PING"), "MISCONF") })
	s.everywhere("flags s_down,", "SENTINEL", "MASTER", "mymaster")
	ask(t, master.Addr(), "CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
	s.everywhere("flags master link", "SENTINEL", "MASTER", "mymaster")
}

// TestQuorumAboveAll hinders no failover, but is told by CKQUORUM.
func TestQuorumAboveAll(t *testing.T) {
	needReal(t)
	s := serviceStage(t)
	s.want(0, "OK", "SENTINEL", "SET", "mymaster", "quorum", fmt.Sprint(len(storySentinels)+1))
	s.everywhere("NOQUORUM 3 usable", "SENTINEL", "CKQUORUM", "mymaster")
	s.failover(1)
	s.want(0, "OK", "SENTINEL", "SET", "mymaster", "quorum", "2")
	s.everywhere("OK 3 usable", "SENTINEL", "CKQUORUM", "mymaster")
	s.sleep(1)
	s.sleep(2)
	until(t, "no majority", func(context.Context) bool {
		return strings.HasSuffix(ask(t, s.at(0), "SENTINEL", "CKQUORUM", "mymaster"), "reach the majority and authorize a failover")
	})
}
