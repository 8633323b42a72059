package e2e

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// awayFor is how long the API server is away in the middle of a change. Each wait of
// the service is over by then: the Lease of the leader (6 s), the pause of writes (3 s),
// a write of the record (10 s). What comes later is the same again, so ten minutes
// would show no more.
const awayFor = 20 * time.Second

// TestAPIServerAwayMidway: the API server goes when the record says that a master is
// about to hand over, and when it says that one is promoted. Queries are answered all
// the time, nobody else is promoted, and what was begun is finished later.
func TestAPIServerAwayMidway(t *testing.T) {
	r := install(t, nil)
	r.settled(3)
	preload(t, r.client())
	moments := r.moments()
	for _, s := range []step{switching, promoting} {
		ok := t.Run(s.phase, func(t *testing.T) {
			r := r.in(t)
			c := r.beginChange()
			sentinels := r.sentinels()
			leader, _ := r.stopLeader(moments, s, &c)
			if err := r.Plane.StopAPI(); err != nil {
				t.Fatal(err)
			}
			r.wake(leader, "sentinel")
			r.namedWhileAway(sentinels, c)
			if err := r.Plane.StartAPI(t.Context()); err != nil {
				t.Fatal(err)
			}
			now := r.says("Stable", func(now record) bool { return now.Phase == "Stable" })
			c.to = now.Master.addr()
			if c.to != c.from && c.to != c.target.addr() {
				t.Errorf("%s is master, neither %s nor the target %s", c.to, c.from, c.target.addr())
			}
			r.ready(3)
			r.isWell(c)
			r.lostNothing(s, c)
			t.Logf("the target was %s, the master is %s", c.target.addr(), c.to)
		})
		if !ok {
			return
		}
	}
}

// namedWhileAway asks all replicas of the service while the API server is away. They
// name the one that was master, or its target.
func (r *release) namedWhileAway(sentinels []string, c change) {
	r.t.Helper()
	asked := 0
	clients := map[string]*redis.SentinelClient{}
	for _, addr := range sentinels {
		clients[addr] = sentinelAt(r.t, addr)
	}
	for until := time.Now().Add(awayFor); time.Now().Before(until); time.Sleep(100 * time.Millisecond) {
		for addr, client := range clients {
			ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
			host, err := client.GetMasterAddrByName(ctx, "mymaster").Result()
			cancel()
			if err != nil || len(host) != 2 {
				r.t.Fatalf("%s answers %v (%v) while the API server is away", addr, host, err)
			}
			if named := host[0] + ":" + host[1]; named != c.from && named != c.target.addr() {
				r.t.Errorf("%s names %s, neither the master nor its target", addr, named)
			}
			asked++
		}
	}
	r.t.Logf("%d queries answered", asked)
}
