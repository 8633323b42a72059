package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/fleet"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

// A mass crash that takes longer is told as such, and no larger one is tried.
const (
	massWithin      = time.Minute
	massWithinWhole = 10 * time.Minute // with --full
)

// mass is what many masters that crashed at once came to.
type mass struct {
	masters             int
	missing             int           // of them, not switched in time
	within              time.Duration // that time
	first, median, last time.Duration // from the crash to +switch-master
	asked               answered
}

// massCrash kills many masters at once and measures until subscribers of both replicas
// have heard of every successor, while clients go on asking.
func (s *scaleStage) massCrash(ctx context.Context, found *scaleFindings) error {
	for _, n := range massSizes {
		if n > len(s.cluster.Sets) || s.crashed[n] && !s.full {
			continue
		}
		s.crashed[n] = true
		// The service may make a full burst of calls again, as after a quiet time.
		if err := pause(ctx, time.Second*k8s.CallsBurst/k8s.CallsQPS); err != nil {
			return err
		}
		m, err := s.crashAtOnce(ctx, s.cluster.Sets[:n])
		if err != nil {
			return fmt.Errorf("%d at once: %w", n, err)
		}
		found.mass = append(found.mass, m)
		s.say("  %d masters crash at once: +switch-master %s; %d questions: p99 %s, %d failed",
			n, m, len(m.asked.took), milliseconds(m.asked.at(0.99)), m.asked.failed)
		if m.missing > 0 {
			return nil
		}
	}
	return nil
}

func (s *scaleStage) crashAtOnce(ctx context.Context, sets []*fleet.Set) (mass, error) {
	m := mass{masters: len(sets), within: massWithin}
	if s.full {
		m.within = massWithinWhole
	}
	var names []string
	for _, set := range sets {
		names = append(names, set.Name)
	}
	heard, err := listen(ctx, s.addrs(), names)
	if err != nil {
		return m, err
	}
	defer heard.close()
	asking := askAll(ctx, s.addrs(), names)
	began := time.Now()
	backs, err := crashAll(sets)
	if err != nil {
		asking.end()
		return m, err
	}
	times, err := heard.all(ctx, m.within)
	m.asked = asking.end()
	if err != nil {
		return m, err
	}
	if m.missing = len(sets) - len(times); m.missing > 0 {
		return m, nil // nothing comes after it that would need them whole
	}
	slices.SortFunc(times, time.Time.Compare)
	m.first, m.median, m.last = times[0].Sub(began), times[len(times)/2].Sub(began), times[len(times)-1].Sub(began)
	for i, set := range sets {
		if err := s.cluster.Restart(ctx, set, backs[i]); err != nil {
			return m, err
		}
	}
	return m, s.settled(ctx, sets)
}

func (m mass) String() string {
	if m.missing > 0 {
		return fmt.Sprintf("of %d did not come within %s", m.missing, m.within)
	}
	return fmt.Sprintf("first %s, median %s, last %s", seconds(m.first), seconds(m.median), seconds(m.last))
}

// crashAll kills the masters of all sets in the same moment.
func crashAll(sets []*fleet.Set) ([]int, error) {
	backs, wrong := make([]int, len(sets)), make([]error, len(sets))
	var running sync.WaitGroup
	for i, set := range sets {
		running.Go(func() { backs[i], wrong[i] = crash(set) })
	}
	running.Wait()
	for _, err := range wrong {
		if err != nil {
			return nil, err
		}
	}
	return backs, nil
}
