package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/fleet"
)

const lookEvery = 5 * time.Millisecond

// replicasOfService is a leader and one who follows it.
const replicasOfService = 2

// scaleStage is a fleet with two replicas of the service.
type scaleStage struct {
	options
	dir      string
	cluster  *fleet.Cluster
	server   *embedded.Server
	replicas []*replica
	crashed  map[int]bool // how many masters at once
}

func openScaleStage(ctx context.Context, o options) (*scaleStage, error) {
	s := &scaleStage{options: o, crashed: map[int]bool{}}
	var err error
	if s.dir, err = os.MkdirTemp(o.dir, "scale-"); err != nil {
		return nil, err
	}
	s.options.dir = s.dir
	if s.cluster, err = fleet.Start(ctx, fleet.Options{Servers: serversEach}); err != nil {
		return nil, err
	}
	if s.server, err = s.cluster.Serve(s.dir); err != nil {
		return nil, errors.Join(err, s.close())
	}
	for range replicasOfService {
		flags, addr, err := s.cluster.Outside(ctx, s.server.Kubeconfig)
		if err != nil {
			return nil, errors.Join(err, s.close())
		}
		r := newReplica(s.options, flags, addr)
		if err := r.start(); err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.replicas = append(s.replicas, r)
	}
	return s, nil
}

func (s *scaleStage) close() error {
	var wrong []error
	for _, r := range s.replicas {
		wrong = append(wrong, r.end(syscall.SIGKILL))
	}
	if s.server != nil {
		wrong = append(wrong, s.server.Stop())
	}
	return errors.Join(append(wrong, s.cluster.Stop())...)
}

// batch is how many masters are declared at once while the fleet grows.
const batch = 100

// grow declares more masters and waits until all are served and whole. Where a computer
// has too much else to do, those that are declared by then are measured.
func (s *scaleStage) grow(ctx context.Context, found *scaleFindings) error {
	if err := s.mend(ctx); err != nil { // the last size has ended with a mass crash
		return err
	}
	began := time.Now()
	declaring, cancel := context.WithTimeout(ctx, s.growFor)
	defer cancel()
	for have := len(s.cluster.Sets); have < found.masters && declaring.Err() == nil; have = len(s.cluster.Sets) {
		if err := s.cluster.Grow(ctx, min(have+batch, found.masters)); err != nil {
			return err
		}
		// What it lacks when the time is over is waited for below.
		_ = s.settled(declaring, s.cluster.Sets[have:])
	}
	if have := len(s.cluster.Sets); have < found.masters {
		s.say("  %d masters after %s: no more here", have, seconds(time.Since(began)))
		found.masters, found.slow = have, true
	}
	if err := s.settled(ctx, s.cluster.Sets); err != nil {
		return err
	}
	s.say("  the fleet is whole after %s", seconds(time.Since(began)))
	return nil
}

// settle waits until all masters are served and whole.
func (s *scaleStage) settle(ctx context.Context) error {
	for _, r := range s.replicas {
		if err := eventually(ctx, "a replica of the service to be ready", func() bool { return r.ready(ctx) }); err != nil {
			return err
		}
	}
	return s.settled(ctx, s.cluster.Sets)
}

func (s *scaleStage) settled(ctx context.Context, sets []*fleet.Set) error {
	for _, set := range sets {
		var last error
		if err := eventually(ctx, set.Name, func() bool { last = s.cluster.Settled(ctx, set); return last == nil }); err != nil {
			return last
		}
	}
	return nil
}

// roles are the replica that leads, and one that does not.
func (s *scaleStage) roles(ctx context.Context) (leader, follower *replica, err error) {
	err = eventually(ctx, "a leader and a follower", func() bool {
		leader, follower = nil, nil
		for _, r := range s.replicas {
			if r.leads(ctx) {
				leader = r
			} else {
				follower = r
			}
		}
		return leader != nil && follower != nil
	})
	return leader, follower, err
}

func (s *scaleStage) addrs() []string {
	var addrs []string
	for _, r := range s.replicas {
		addrs = append(addrs, r.addr)
	}
	return addrs
}

// eventually looks until something is so; the caller's context bounds it.
func eventually(ctx context.Context, what string, so func() bool) error {
	for !so() {
		if pause(ctx, lookEvery) != nil {
			return fmt.Errorf("waiting for %s", what)
		}
	}
	return nil
}

// pause passes time.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

func quiet() logrus.FieldLogger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return log
}
