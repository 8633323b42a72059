package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/fleet"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

// mass is what many masters that crashed at once came to.
type mass struct {
	masters             int
	told                int           // of them, whose successor all subscribers heard of in time
	switched            int           // that have a successor, told or not
	within              time.Duration // that time
	first, median, last time.Duration // from the crash to +switch-master
	asked               answered
	spent               shares
}

// shares are the processor times of those who share the machine in a mass crash. One
// that keeps the machine busy lasts for their sum over its processors, of which the
// service's own part is what another machine would see.
type shares struct {
	leader, follower time.Duration
	rest             time.Duration // of this process: modelled Redis, the API server, the clients
}

// massCrash kills many masters at once and measures until subscribers of both replicas
// have heard of every successor, while clients go on asking.
func (s *scaleStage) massCrash(ctx context.Context, found *scaleFindings) error {
	for _, wanted := range s.crashes {
		n := min(wanted, len(s.cluster.Sets))
		if s.crashed[n] && s.name != full().name || len(found.mass) > 0 && found.mass[len(found.mass)-1].masters == n {
			continue
		}
		s.crashed[n] = true
		if err := s.mend(ctx); err != nil { // after the one before
			return err
		}
		// The service may make a full burst of calls again, as after a quiet time.
		if err := pause(ctx, time.Second*k8s.CallsBurst/k8s.CallsQPS); err != nil {
			return err
		}
		m, err := s.crashAtOnce(ctx, s.cluster.Sets[:n])
		if err != nil {
			return fmt.Errorf("%d at once: %w", n, err)
		}
		found.mass = append(found.mass, m)
		s.say("  %d masters crash at once: +switch-master %s; %d questions: p99 %s, %d failed; %s",
			n, m, len(m.asked.took), milliseconds(m.asked.at(0.99)), m.asked.failed, m.spent)
	}
	return nil
}

func (s *scaleStage) crashAtOnce(ctx context.Context, sets []*fleet.Set) (mass, error) {
	m := mass{masters: len(sets), within: s.crashWithin}
	var names []string
	for _, set := range sets {
		names = append(names, set.Name)
	}
	heard, err := listen(ctx, s.addrs(), names)
	if err != nil {
		return m, err
	}
	defer heard.close()
	before, err := s.shares(ctx)
	if err != nil {
		return m, err
	}
	asking := askAll(ctx, s.addrs(), names)
	began := time.Now()
	if err := crashAll(sets); err != nil {
		asking.end()
		return m, err
	}
	listening, cancel := context.WithTimeout(ctx, m.within)
	defer cancel()
	times, err := heard.all(listening)
	m.asked = asking.end()
	after, wrong := s.shares(ctx)
	m.spent = after.since(before)
	for _, set := range sets {
		if len(set.Masters()) > 0 {
			m.switched++
		}
	}
	if m.told = len(times); err != nil || wrong != nil {
		return m, errors.Join(err, wrong)
	}
	if m.told < m.masters {
		if ctx.Err() != nil { // it had less than its time: that is no figure
			return m, errors.New(m.reached())
		}
		return m, nil
	}
	slices.SortFunc(times, time.Time.Compare)
	m.first, m.median, m.last = times[0].Sub(began), times[len(times)/2].Sub(began), times[len(times)-1].Sub(began)
	return m, nil
}

func (s *scaleStage) shares(ctx context.Context) (shares, error) {
	leader, follower, err := s.roles(ctx)
	if err != nil {
		return shares{}, err
	}
	var spent shares
	if spent.leader, err = leader.cpu(); err != nil {
		return spent, err
	}
	if spent.follower, err = follower.cpu(); err != nil {
		return spent, err
	}
	spent.rest, err = cpuTime(os.Getpid())
	return spent, err
}

func (s shares) since(t shares) shares {
	return shares{s.leader - t.leader, s.follower - t.follower, s.rest - t.rest}
}

func (s shares) String() string {
	return fmt.Sprintf("CPU: leader %s, follower %s, all else %s", seconds(s.leader), seconds(s.follower), seconds(s.rest))
}

func (m mass) String() string {
	if m.told < m.masters {
		return fmt.Sprintf("not within %s: %s", m.within, m.reached())
	}
	return fmt.Sprintf("first %s, median %s, last %s", seconds(m.first), seconds(m.median), seconds(m.last))
}

// reached is how far it came.
func (m mass) reached() string {
	return fmt.Sprintf("%d of %d masters had switched, %d were told by both replicas", m.switched, m.masters, m.told)
}

// crashAll kills the masters of all sets in the same moment.
func crashAll(sets []*fleet.Set) error {
	wrong := make([]error, len(sets))
	var running sync.WaitGroup
	for i, set := range sets {
		running.Go(func() { _, wrong[i] = crash(set) })
	}
	running.Wait()
	return errors.Join(wrong...)
}
