package main

import (
	"context"
	"errors"
	"fmt"
	"regexp"
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

// scale measures the service with fleets of rising size.
func scale(ctx context.Context, o options) ([]row, []curve, error) {
	wanted, err := regexp.Compile(o.only)
	if err != nil {
		return nil, nil, fmt.Errorf("--only: %w", err)
	}
	if !wanted.MatchString("scale") {
		return nil, nil, nil
	}
	raiseFiles()
	idle, err := idleCost(ctx, o)
	if err != nil {
		return nil, nil, fmt.Errorf("without masters: %w", err)
	}
	f := &findings{idle: idle}
	sizes := quickSizes
	if o.full {
		sizes = fullSizes
	}
	for _, wanted := range sizes {
		masters := min(wanted, mostMasters())
		if len(f.stages) > 0 && masters <= f.stages[len(f.stages)-1].masters {
			o.say("%d masters: %s", wanted, tooFewFiles())
			continue
		}
		if masters < wanted {
			o.say("%d masters: %s; measured with %d", wanted, tooFewFiles(), masters)
			f.limited = tooFewFiles()
		}
		found, err := measure(ctx, o, masters)
		if err != nil {
			return nil, nil, fmt.Errorf("%d masters: %w", masters, err)
		}
		f.stages = append(f.stages, found)
	}
	return f.rows(), f.curves(), nil
}

// measure takes everything with one size of the fleet.
func measure(ctx context.Context, o options, masters int) (found stageFindings, err error) {
	o.say("scale: %d masters with %d servers each", masters, serversEach)
	found.masters = masters
	s, err := openScaleStage(ctx, o, masters)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, step := range []struct {
		what string
		do   func(context.Context, *stageFindings) error
	}{
		{"all masters found", s.settle},
		{"at rest", s.rest},
		{"one more replica", s.startAgain},
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
