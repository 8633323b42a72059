package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// lab is what all experiments of a run share.
type lab struct {
	dir, demo    string
	rounds, slow int
}

// experiment is one event with those it is done to. R is what one round tells.
type experiment[R fmt.Stringer] struct {
	what    string // is done in a round
	entries []entry
	label   func(*contestant) string // the head of its column
	round   func(context.Context, *contestant) (R, error)
	figures []figure[R]
	notes   func(name string, rounds []R) string // below the table
}

// entry is one column to be.
type entry struct {
	open func(context.Context, lab) (side, error)
	slow bool // one round takes half a minute or so
}

// result is all rounds of one side.
type result[R any] struct {
	name   string
	rounds []R
}

// run starts all sides, runs their rounds in turn, ends them, and gives the table of
// what was measured, also when it was interrupted.
func run[R fmt.Stringer](ctx context.Context, l lab, e experiment[R]) (text string, err error) {
	contestants, end, err := gather(ctx, l, e.entries)
	defer func() { err = errors.Join(err, end()) }()
	if err != nil {
		return "", err
	}
	results := make([]result[R], len(contestants))
	for i, c := range contestants {
		results[i].name = e.label(c)
	}
	fmt.Printf("%d rounds: %s.\n\n", l.rounds, e.what)
	err = e.race(ctx, l, contestants, results)
	return table(e.figures, results) + notes(e.notes, results), err
}

func (e experiment[R]) race(ctx context.Context, l lab, contestants []*contestant, results []result[R]) error {
	for n := 1; n <= l.rounds; n++ {
		for i, c := range contestants {
			if e.entries[i].slow && n > l.slow {
				continue
			}
			r, err := e.round(ctx, c)
			if err != nil {
				return fmt.Errorf("round %d, %s: %w", n, results[i].name, err)
			}
			results[i].rounds = append(results[i].rounds, r)
			fmt.Printf("round %d/%d  %-36s %s\n", n, l.rounds, results[i].name, r)
		}
	}
	return nil
}

// gather makes all sides ready. end must be called in any case.
func gather(ctx context.Context, l lab, entries []entry) (contestants []*contestant, end func() error, err error) {
	var ends []func() error
	end = func() error {
		var errs []error
		for _, e := range ends {
			errs = append(errs, e())
		}
		return errors.Join(errs...)
	}
	for _, entry := range entries {
		fmt.Fprint(os.Stderr, ".")
		s, err := entry.open(ctx, l)
		if err != nil {
			return nil, end, err
		}
		ends = append(ends, s.end)
		c, err := newContestant(ctx, s)
		if err != nil {
			return nil, end, fmt.Errorf("%s: %w", s.name(), err)
		}
		ends = append(ends, c.close)
		contestants = append(contestants, c)
	}
	fmt.Fprintln(os.Stderr)
	return contestants, end, nil
}

// byName heads a column with the side's name alone.
func byName(c *contestant) string { return c.name() }

// byDownAfter adds the setting that says how long a silence is borne.
func byDownAfter(c *contestant) string {
	return fmt.Sprintf("%s, down-after %d", c.name(), c.downAfter.Milliseconds())
}
