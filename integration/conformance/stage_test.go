package conformance

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The addresses of the stories.
const (
	storyMaster   = "127.0.9.61"
	storyReplica1 = "127.0.9.62"
	storyReplica2 = "127.0.9.63"
	storyNew      = "127.0.9.64"
)

var storySentinels = []string{"127.0.9.65", "127.0.9.66", "127.0.9.67"}

// stage is one system on which the stories are played: three Redis and three
// Sentinels.
type stage struct {
	t     *testing.T
	redis map[string]*redis.Server // by host
	// recorders are in the order of storySentinels.
	recorders []*recorder
	// appear and vanish say that a Redis belongs to the set, or no longer.
	appear, vanish func(*redis.Server)
	// sleep and wake take a Sentinel away from the others and back.
	sleep, wake func(n int)
	// kube and replicas are those of the service.
	kube     *kube
	replicas []*replica
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, redis: map[string]*redis.Server{}}
	for _, server := range startSet(t, storyMaster, storyReplica1, storyReplica2) {
		s.redis[server.Host] = server
	}
	return s
}

func (s *stage) record() {
	for n := range storySentinels {
		s.recorders = append(s.recorders, record(s.t, s.at(n)))
	}
}

func (s *stage) at(n int) string { return addr(storySentinels[n], sentinelPort) }

// realStage has three redis-sentinel that look often.
func realStage(t *testing.T) *stage {
	t.Helper()
	s := newStage(t)
	processes := make([]*process, len(storySentinels))
	for n, host := range storySentinels {
		processes[n] = startStorySentinel(t, host)
	}
	s.appear, s.vanish = func(*redis.Server) {}, func(*redis.Server) {}
	s.sleep = func(n int) { processes[n].signal(t, stopSignal) }
	s.wake = func(n int) { processes[n].signal(t, contSignal) }
	s.settle(storyReplica1, storyReplica2)
	for n := range storySentinels {
		ask(t, s.at(n), "SENTINEL", "DEBUG", "info-period", "500", "tilt-trigger", "100000")
	}
	s.record()
	return s
}

// serviceStage has three replicas of the service; the first leads.
func serviceStage(t *testing.T) *stage {
	t.Helper()
	s := newStage(t)
	k := newKube()
	k.declare(t, "mymaster", 2, s.redis[storyMaster], s.redis[storyReplica1], s.redis[storyReplica2])
	s.kube, k.debugs = k, true
	for n, host := range storySentinels {
		s.replicas = append(s.replicas, startReplica(t, k, host, string(rune('a'+n))))
	}
	replicas := s.replicas
	replicas[0].monitor.Leading(1)
	s.appear = func(r *redis.Server) {
		k.change("mymaster", func(set *sentinel.Set) { set.Pods = append(set.Pods, podOf(r, len(set.Pods))) })
	}
	s.vanish = func(r *redis.Server) {
		k.change("mymaster", func(set *sentinel.Set) {
			set.Pods = slices.DeleteFunc(set.Pods, func(p sentinel.Pod) bool { return p.Addr.Host == r.Host })
		})
	}
	s.sleep = func(n int) { k.ready(replicas[n], false) }
	s.wake = func(n int) { k.ready(replicas[n], true) }
	s.settle(storyReplica1, storyReplica2)
	s.record()
	return s
}

// settle waits until every Sentinel tells these hosts as healthy replicas, and both
// other Sentinels as healthy.
func (s *stage) settle(replicas ...string) {
	s.t.Helper()
	want := fmt.Sprint(len(replicas))
	until(s.t, "all Sentinels agree", func(context.Context) bool {
		for n := range storySentinels {
			master := ask(s.t, s.at(n), "SENTINEL", "MASTER", "mymaster")
			listed := ask(s.t, s.at(n), "SENTINEL", "REPLICAS", "mymaster")
			peers := ask(s.t, s.at(n), "SENTINEL", "SENTINELS", "mymaster")
			if !strings.Contains(master, "flags master link") || strings.Count(listed, "flags slave link") != len(replicas) ||
				strings.Count(listed, "master-link-status ok") != len(replicas) ||
				strings.Count(listed, "master-host "+s.named(n)+" ") != len(replicas) ||
				strings.Count(peers, "flags sentinel link") != len(storySentinels)-1 || !strings.Contains(master, "num-slaves "+want) {
				return false
			}
			for _, host := range replicas {
				if !strings.Contains(listed, "ip "+host+" ") {
					return false
				}
			}
		}
		return true
	})
}

// master is where the first Sentinel sends clients.
func (s *stage) master() *redis.Server { return s.redis[s.named(0)] }

// named is the host that the n-th Sentinel names.
func (s *stage) named(n int) string {
	text := ask(s.t, s.at(n), "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")
	return strings.Trim(strings.Fields(text)[0], "[]")
}

// failover asks the n-th Sentinel for one and waits until it has happened.
func (s *stage) failover(n int) {
	s.t.Helper()
	s.settle(s.healthy()...)
	old := s.master()
	if have := ask(s.t, s.at(n), "SENTINEL", "FAILOVER", "mymaster"); have != "OK" {
		s.t.Fatalf("FAILOVER: %s", have)
	}
	until(s.t, "another master than "+old.Host, func(context.Context) bool { return s.master() != old })
	s.settle(s.healthy()...)
}

func (s *stage) begin() {
	for _, r := range s.recorders {
		r.clear()
	}
}

// startNew starts one more replica.
func (s *stage) startNew() *redis.Server {
	s.t.Helper()
	r := redis.Start(s.t, storyNew, redisPort, "--replica-announce-ip", storyNew,
		"--replicaof", s.master().Host+" "+strconv.Itoa(redisPort))
	s.redis[storyNew] = r
	return r
}

// healthy are the replicas that live, whatever the Sentinels say.
func (s *stage) healthy() []string {
	var hosts []string
	for host, r := range s.redis {
		if r.PID() != 0 && r != s.master() {
			hosts = append(hosts, host)
		}
	}
	return hosts
}
