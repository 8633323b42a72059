package main

import (
	"context"
	"errors"
	"fmt"
)

// beside measures this service beside the real Sentinel: the first half of the table.
func beside(ctx context.Context, o options) (rows []row, err error) {
	for _, masters := range []int{1, 100, 1000} {
		more, err := besideWith(ctx, o, masters)
		rows = append(rows, more...)
		if err != nil {
			return rows, fmt.Errorf("%d masters: %w", masters, err)
		}
	}
	return rows, nil
}

func besideWith(ctx context.Context, o options, masters int) (rows []row, err error) {
	s, err := open(ctx, o, masters)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	add := func(measure func(context.Context, options) ([]row, error)) {
		if err == nil {
			var more []row
			more, err = measure(ctx, o)
			rows = append(rows, more...)
		}
	}
	add(s.memory)
	works := quickWorks(masters)
	if o.full {
		works = fullWorks(masters)
	}
	add(func(ctx context.Context, o options) ([]row, error) { return s.rates(ctx, o, works) })
	if masters == 1 {
		add(s.visits)
		add(s.fanOut)
	}
	return rows, err
}
