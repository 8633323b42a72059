package main

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/fleet"
)

// leaderChange kills the leader and one master in the same moment, and measures until
// subscribers of the other replica hear of that master's successor.
func (s *scaleStage) leaderChange(ctx context.Context, found *scaleFindings) error {
	leader, follower, err := s.roles(ctx)
	if err != nil {
		return err
	}
	set := s.cluster.Sets[len(s.cluster.Sets)/2]
	heard, err := listen(ctx, []string{follower.addr}, []string{set.Name})
	if err != nil {
		return err
	}
	defer heard.close()
	began := time.Now()
	if err := leader.end(syscall.SIGKILL); err != nil {
		return err
	}
	back, err := crash(set)
	if err != nil {
		return err
	}
	times, err := heard.all(ctx)
	if err != nil {
		return err
	}
	if len(times) == 0 {
		return fmt.Errorf("no +switch-master of %s", set.Name)
	}
	found.leaderChange = times[0].Sub(began)
	s.say("  the leader killed with a master: switched after %s", seconds(found.leaderChange))
	if err := leader.start(); err != nil {
		return err
	}
	if err := s.cluster.Restart(ctx, set, back); err != nil {
		return err
	}
	return s.settle(ctx)
}

// handOver stops the leader, as an update of the service does, and starts it again.
func (s *scaleStage) handOver(ctx context.Context, _ *scaleFindings) error {
	leader, _, err := s.roles(ctx)
	if err != nil {
		return err
	}
	if err := leader.end(syscall.SIGTERM); err != nil {
		return err
	}
	if err := leader.start(); err != nil {
		return err
	}
	return s.settle(ctx)
}

// crash kills the master of a set and tells which of its servers that was.
func crash(set *fleet.Set) (int, error) {
	for i, server := range set.Servers {
		if server.State().Master {
			server.Crash()
			return i, nil
		}
	}
	return 0, errNoMaster{set.Name}
}

type errNoMaster struct{ set string }

func (e errNoMaster) Error() string { return e.set + " has no master" }
