package main

import (
	"fmt"
	"slices"
)

// series are the values of a figure, one of each run.
type series []float64

func (s series) spread() spread {
	if len(s) == 0 {
		return spread{}
	}
	sorted := slices.Sorted(slices.Values(s))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + sorted[middle]) / 2
	}
	return spread{Median: median, Min: sorted[0], Max: sorted[len(sorted)-1]}
}

// text is "median unit (least-greatest)".
func (s spread) text(unit string) string {
	return fmt.Sprintf("%s%s (%s-%s)", short(s.Median), unit, short(s.Min), short(s.Max))
}

// short is a number as people write it: three digits that count.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.3gM", v/1e6)
	case v >= 1e5:
		return fmt.Sprintf("%.0fk", v/1e3)
	case v >= 1e3:
		return fmt.Sprintf("%.3gk", v/1e3)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// span is a time, given in milliseconds.
func span(ms float64) string {
	if ms >= 1000 {
		return short(ms/1000) + " s"
	}
	return short(ms) + " ms"
}

// ratio of medians, "-" when there is nothing to divide by.
func ratio(ours, theirs spread) string {
	if theirs.Median == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2fx", ours.Median/theirs.Median)
}
