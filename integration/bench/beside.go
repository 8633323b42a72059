package main

import (
	"context"
	"errors"
	"fmt"
)

// beside measures this service beside the real Sentinel: the first half of the table.
func beside(ctx context.Context, o options) (rows []row, err error) {
	sizes := []int{1, 100}
	if o.full {
		sizes = []int{1, 100, 1000} // which the service takes a minute to begin with
	}
	for _, masters := range sizes {
		more, err := besideWith(ctx, o, masters)
		rows = append(rows, more...)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", count(masters, "master"), err)
		}
	}
	return rows, nil
}

func besideWith(ctx context.Context, o options, masters int) (rows []row, err error) {
	measures := plan(o, masters)
	if len(measures) == 0 {
		return nil, nil
	}
	s, err := open(ctx, o, masters)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for _, m := range measures {
		o.say("%s", m.what)
		more, err := m.take(s, ctx, o)
		rows = append(rows, more...)
		if err != nil {
			return rows, fmt.Errorf("%s: %w", m.what, err)
		}
	}
	return rows, nil
}

// measurement is one row, or two that come of the same runs.
type measurement struct {
	what string
	take func(s *stage, ctx context.Context, o options) ([]row, error)
}

// plan is what to measure with so many masters, as far as it was asked for.
func plan(o options, masters int) (measures []measurement) {
	add := func(what string, take func(*stage, context.Context, options) ([]row, error)) {
		if o.wants(what) {
			measures = append(measures, measurement{what, take})
		}
	}
	add("idle with "+count(masters, "master"), (*stage).memory)
	works := quickWorks(masters)
	if o.full {
		works = fullWorks(masters)
	}
	for _, w := range works {
		add(w.what, w.rate)
	}
	if masters == 1 {
		add(visitors, (*stage).visits)
		add(fanOut, (*stage).fanOut)
	}
	return measures
}
