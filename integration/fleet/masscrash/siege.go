package main

import (
	"context"
	"maps"
	"slices"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/fleet"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/hostile"
)

// siege is everything of package hostile against the service. Half of the rounds are played
// under it: pods that have the right labels and are no Redis, and strangers at the port of
// metrics, in each of these, and the attacks of clients by turns, each first by those who take
// the processors that they can get and then by polite ones.
type siege struct {
	cluster   *fleet.Cluster
	intruders []string // their addresses
	turn      int
}

// intrude declares the pods. They are refused connections until a siege begins.
func intrude(ctx context.Context, c *fleet.Cluster) (*siege, error) {
	s := &siege{cluster: c}
	for i := range hostile.RedisAttacks() {
		addr, err := c.Intruder(ctx, i)
		if err != nil {
			return nil, err
		}
		s.intruders = append(s.intruders, addr)
	}
	return s, nil
}

// begin begins one, and tells which clients attack in it, and whether they are polite. lift
// ends it.
func (s *siege) begin(master string) (by string, polite bool, lift func() error, err error) {
	names := slices.Sorted(maps.Keys(hostile.ClientAttacks))
	by, polite = names[s.turn%len(names)], s.turn/len(names)%2 == 1
	s.turn++
	a := assault{Clients: by, Master: master, Sentinels: s.cluster.Sentinels(), Metrics: s.cluster.Metrics(), Intruders: s.intruders}
	r, err := a.start(polite)
	if err != nil {
		return by, polite, nil, err
	}
	return by, polite, r.end, nil
}
