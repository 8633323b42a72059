package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What the service costs with many masters, and what it still does then: its real
// binary as processes of their own, against modelled Redis servers and the embedded
// API, which share this process (see package fleet).

// serversEach is a master with two replicas.
const serversEach = 3

// scaleMeasures is what --only is held against: all or nothing of it.
const scaleMeasures = "scale: memory and CPU at rest, start of a replica, leader change, mass crash, watches cut"

// scale measures the service with fleets of rising size.
func scale(ctx context.Context, o options) ([]row, []curve, error) {
	if !o.wants(scaleMeasures) {
		return nil, nil, nil
	}
	raiseFiles()
	f := &findings{form: o.form}
	var s *scaleStage
	err := bounded(ctx, o.start, func(ctx context.Context) (err error) {
		if s, err = openScaleStage(ctx, o); err != nil {
			return err
		}
		f.idle, err = s.idle(ctx)
		return err
	})
	if err == nil {
		err = s.sizesUp(ctx, f)
	} else {
		f.unfinished(idling, 0, err)
	}
	if s != nil {
		err = errors.Join(inTime(err), s.close())
	}
	return f.rows(), f.curves(), inTime(err)
}

// sizesUp lets the fleet grow and measures on the way.
func (s *scaleStage) sizesUp(ctx context.Context, f *findings) error {
	for _, wanted := range s.sizes {
		masters := min(wanted, mostMasters())
		if masters < wanted {
			f.limited = tooFewFiles()
			s.say("%d masters: %s", wanted, f.limited)
		}
		if n := len(f.stages); n > 0 && masters <= f.stages[n-1].masters {
			continue
		}
		found, err := s.measure(ctx, masters, f)
		f.stages = append(f.stages, found)
		if err != nil {
			return err
		}
		if found.slow {
			return nil
		}
	}
	return nil
}

// The steps with one size of the fleet. The replicas of the service are started anew
// before they are at rest: what they take is not to depend on what they have been
// through, and what takes longest is how the fleet came to be, all at once.
const (
	idling       = "no masters"
	growing      = "the fleet grows"
	oneMore      = "one more replica"
	handingOver  = "another leader"
	atRest       = "at rest"
	watchesCut   = "watches cut"
	leaderChange = "leader change"
	massCrash    = "mass crash"
)

// step is one of them, bounded in time.
type step struct {
	name string
	most time.Duration
	do   func(context.Context, *scaleFindings) error
}

func (s *scaleStage) steps() []step {
	return []step{
		{growing, s.growFor + s.most, s.grow},
		{oneMore, s.most, s.startAgain},
		{handingOver, s.most, s.handOver},
		{atRest, s.most, s.rest},
		{watchesCut, s.most, s.storm},
		{leaderChange, s.most, s.leaderChange},
		{massCrash, time.Duration(len(s.crashes)) * (2*s.crashWithin + s.most), s.massCrash},
	}
}

// measure takes everything with one size of the fleet. What is not done in time is told
// in a row; the next step is tried if the fleet can be mended.
func (s *scaleStage) measure(ctx context.Context, masters int, f *findings) (found scaleFindings, err error) {
	s.say("scale: %s", of(masters))
	found.masters = masters
	for _, step := range s.steps() {
		if err != nil { // the fleet is not whole
			f.unfinished(step.name, found.masters, err)
			continue
		}
		wrong := bounded(ctx, step.most, func(ctx context.Context) error { return step.do(ctx, &found) })
		if wrong == nil {
			found.done = append(found.done, step.name)
			continue
		}
		s.say("  %s: %v", step.name, wrong)
		f.unfinished(step.name, found.masters, wrong)
		if err = inTime(wrong); err == nil {
			err = bounded(ctx, s.most, s.mend)
		}
		if err != nil {
			err = fmt.Errorf("after %q with %s: %w", step.name, of(masters), err)
		}
	}
	return found, err
}

// mend starts whatever a step has killed and not started again, and waits until the
// fleet is whole.
func (s *scaleStage) mend(ctx context.Context) error {
	for _, r := range s.replicas {
		if !r.gone() {
			continue
		}
		if err := r.start(); err != nil {
			return err
		}
	}
	for _, set := range s.cluster.Sets {
		for i, server := range set.Servers {
			if server.State().Running {
				continue
			}
			if err := s.cluster.Restart(ctx, set, i); err != nil {
				return err
			}
		}
	}
	return s.settle(ctx)
}
