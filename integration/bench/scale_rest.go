package main

import (
	"context"
	"fmt"
	"time"
)

// cost is what one process takes at rest.
type cost struct {
	rss float64       // bytes
	cpu float64       // of a core, 1 for all of it
	in  time.Duration // measured so long
}

// idle is what a service takes that has no masters.
func (s *scaleStage) idle(ctx context.Context) (cost, error) {
	if err := s.settle(ctx); err != nil {
		return cost{}, err
	}
	leader, _, err := s.roles(ctx)
	if err != nil {
		return cost{}, err
	}
	costs, err := s.costs(ctx, leader)
	if err != nil {
		return cost{}, err
	}
	s.say("scale: no masters: %s", costs[0])
	return costs[0], nil
}

// rest measures both replicas while nothing happens.
func (s *scaleStage) rest(ctx context.Context, found *scaleFindings) error {
	leader, follower, err := s.roles(ctx)
	if err != nil {
		return err
	}
	costs, err := s.costs(ctx, leader, follower)
	if err != nil {
		return err
	}
	found.leader, found.follower = costs[0], costs[1]
	s.say("  at rest: the leader %s, a follower %s", costs[0], costs[1])
	return nil
}

func (s *scaleStage) costs(ctx context.Context, of ...*replica) ([]cost, error) {
	// Go gives memory of the start back to the system little by little.
	if err := pause(ctx, s.calm); err != nil {
		return nil, err
	}
	began := time.Now()
	before := make([]time.Duration, len(of))
	for i, r := range of {
		var err error
		if before[i], err = r.cpu(); err != nil {
			return nil, err
		}
	}
	if err := pause(ctx, s.resting); err != nil {
		return nil, err
	}
	costs := make([]cost, len(of))
	for i, r := range of {
		after, err := r.cpu()
		if err != nil {
			return nil, err
		}
		costs[i].in = time.Since(began)
		costs[i].cpu = float64(after-before[i]) / float64(costs[i].in)
		if costs[i].rss, err = r.rss(); err != nil {
			return nil, err
		}
	}
	return costs, nil
}

func (c cost) String() string {
	return fmt.Sprintf("%s, %.1f %% of a core", megabytes(c.rss), c.cpu*100)
}

func megabytes(bytes float64) string { return fmt.Sprintf("%.0f MB", bytes/1e6) }
