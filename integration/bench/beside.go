package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// beside measures this service beside the real Sentinel: the first half of the table.
// What gives no figure is told in its row, and what is wrong is returned, too.
func beside(ctx context.Context, o options) (rows []row, err error) {
	for _, masters := range o.beside {
		more, wrong := besideWith(ctx, o, masters)
		rows, err = append(rows, more...), errors.Join(err, wrong)
	}
	return rows, err
}

func besideWith(ctx context.Context, o options, masters int) (rows []row, err error) {
	measures := plan(o, masters)
	if len(measures) == 0 {
		return nil, nil
	}
	var s *stage
	err = bounded(ctx, o.start, func(ctx context.Context) (err error) {
		s, err = open(ctx, o, masters)
		return err
	})
	if err != nil {
		for _, m := range measures {
			rows = append(rows, m.without(fmt.Errorf("start with %s: %w", count(masters, "master"), err)))
		}
		return rows, inTime(err)
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, m := range measures {
		o.say("%s", m.what)
		var more []row
		wrong := bounded(ctx, m.most, func(ctx context.Context) (err error) {
			more, err = m.take(s, ctx, o)
			return err
		})
		if wrong != nil {
			more = append(more, m.without(wrong))
			o.say("  %v", wrong)
		}
		rows, err = append(rows, more...), errors.Join(err, inTime(wrong))
	}
	return rows, err
}

// measurement is one row, or two that come of the same runs.
type measurement struct {
	what string
	goal string
	size int
	most time.Duration
	take func(s *stage, ctx context.Context, o options) ([]row, error)
}

// without is its row when it gave no figure.
func (m measurement) without(err error) row { return without(m.what, m.goal, m.size, err) }

// plan is what to measure with so many masters, as far as it was asked for.
func plan(o options, masters int) (measures []measurement) {
	add := func(m measurement) {
		if o.wants(m.what) {
			measures = append(measures, m)
		}
	}
	add(measurement{"idle with " + count(masters, "master"), goalIdle, masters, o.most, (*stage).memory})
	for _, w := range o.works(masters) {
		add(measurement{w.what, w.goal, w.size, o.most, w.rate})
	}
	if masters == 1 {
		add(measurement{o.visitors(), "", masters, o.most, (*stage).visitsOf})
		add(measurement{o.spreading(), goalFanOut, o.crowd, 2*o.most + o.cutWithin, (*stage).fanOut})
	}
	return measures
}
