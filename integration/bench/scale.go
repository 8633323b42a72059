package main

import (
	"context"
	"errors"
	"fmt"
)

// What the service costs with many masters, and what it still does then: its real
// binary as processes of their own, against modelled Redis servers and the embedded
// API, which share this process (see package fleet).

// serversEach is a master with two replicas.
const serversEach = 3

// Sizes of the fleet. A size that the limit of open files does not allow is replaced
// by the greatest that it does.
var (
	quickSizes = []int{10, 100, 1000}
	fullSizes  = []int{10, 100, 1000, 10000}
)

// massSizes are how many masters crash at once.
var massSizes = []int{300, 1000}

// scaleMeasures is what --only is held against: all or nothing of it.
const scaleMeasures = "scale: memory and CPU at rest, start of a replica, leader change, mass crash, watches cut"

// scale measures the service with fleets of rising size.
func scale(ctx context.Context, o options) ([]row, []curve, error) {
	if !o.wants(scaleMeasures) {
		return nil, nil, nil
	}
	raiseFiles()
	s, err := openScaleStage(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	f := &findings{}
	err = errors.Join(s.sizes(ctx, f), s.close())
	return f.rows(), f.curves(), err
}

// sizes lets the fleet grow and measures on the way.
func (s *scaleStage) sizes(ctx context.Context, f *findings) (err error) {
	if f.idle, err = s.idle(ctx); err != nil {
		return fmt.Errorf("without masters: %w", err)
	}
	sizes := quickSizes
	if s.full {
		sizes = fullSizes
	}
	for _, wanted := range sizes {
		masters := min(wanted, mostMasters())
		if len(f.stages) > 0 && masters <= f.stages[len(f.stages)-1].masters {
			s.say("%d masters: %s", wanted, tooFewFiles())
			f.limited = tooFewFiles()
			continue
		}
		if masters < wanted {
			s.say("%d masters: %s; measured with %d", wanted, tooFewFiles(), masters)
			f.limited = tooFewFiles()
		}
		found, err := s.measure(ctx, masters)
		if err != nil {
			return fmt.Errorf("%d masters: %w", masters, err)
		}
		f.stages = append(f.stages, found)
		if found.slow || found.stuck() {
			return nil
		}
	}
	return nil
}

// measure takes everything with one size of the fleet. The replicas of the service are
// started anew first: what they take at rest is not to depend on what they have been
// through, and what takes longest is how the fleet came to be, all at once.
func (s *scaleStage) measure(ctx context.Context, masters int) (found scaleFindings, err error) {
	s.say("scale: %s", of(masters))
	found.masters = masters
	for _, step := range []struct {
		what string
		do   func(context.Context, *scaleFindings) error
	}{
		{"growing", s.grow},
		{"one more replica", s.startAgain},
		{"another leader", s.handOver},
		{"at rest", s.rest},
		{"watches cut", s.storm},
		{"leader change", s.leaderChange},
		{"mass crash", s.massCrash},
	} {
		if err := step.do(ctx, &found); err != nil {
			return found, fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return found, nil
}
