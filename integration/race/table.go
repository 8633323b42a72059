package main

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// result is all rounds of one side.
type result struct {
	name   string
	rounds []round
}

// figure is one row of the table: how to read it from a round, which end of the
// scale is worse, and how to print it.
type figure struct {
	name   string
	read   func(round) int64
	worse  func(a, b int64) int // as for sorting: the worst comes last
	format func(int64) string
}

// figures are the rows.
func figures() []figure {
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	duration := func(missing string) func(int64) string {
		return func(n int64) string { return show(time.Duration(n), missing) }
	}
	fewer := func(a, b int64) int { return cmp.Compare(b, a) }
	return []figure{
		{"keys left on the killed node", func(r round) int64 { return int64(r.kept[0]) }, fewer, count},
		{"keys left on the first other", func(r round) int64 { return int64(r.kept[1]) }, fewer, count},
		{"keys left on the second other", func(r round) int64 { return int64(r.kept[2]) }, fewer, count},
		{"first write acknowledged by a node with the data", func(r round) int64 { return int64(r.toWrite) }, later, duration("never")},
		{"the same, asking every node directly", func(r round) int64 { return int64(r.direct) }, later, duration("never")},
		{"+switch-master heard from all Sentinels", func(r round) int64 { return int64(r.toSwitch) }, later, duration("none")},
		{"full resyncs", func(r round) int64 { return int64(r.fulls) }, cmp.Compare[int64], count},
		{"writes acknowledged by an empty master", func(r round) int64 { return int64(r.withEmpty) }, cmp.Compare[int64], count},
	}
}

// later sorts times; one that never came is the latest.
func later(a, b int64) int {
	switch {
	case a == int64(never) && b == int64(never):
		return 0
	case a == int64(never):
		return 1
	case b == int64(never):
		return -1
	}
	return cmp.Compare(a, b)
}

// medianAndWorst of one row. Of an even number of rounds, the worse of the two in
// the middle is taken: there is nothing between a time and never.
func (f figure) medianAndWorst(rounds []round) (median, worst int64) {
	values := make([]int64, len(rounds))
	for i, r := range rounds {
		values[i] = f.read(r)
	}
	slices.SortFunc(values, f.worse)
	return values[len(values)/2], values[len(values)-1]
}

// show prints a time, or what stands for one that never came.
func show(d time.Duration, missing string) string {
	switch {
	case d == never:
		return missing
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	default:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
}

// table prints the median and the worst of each row for every side.
func table(results []result) string {
	var text strings.Builder
	out := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	line := func(cells ...string) { _, _ = fmt.Fprintln(out, strings.Join(cells, "\t")) } // a strings.Builder takes everything
	heads, below := []string{"median / worst"}, []string{"--------------"}
	for _, r := range results {
		heads = append(heads, r.name)
		below = append(below, strings.Repeat("-", len(r.name)))
	}
	line(heads...)
	line(below...)
	for _, f := range figures() {
		cells := []string{f.name}
		for _, r := range results {
			median, worst := f.medianAndWorst(r.rounds)
			cells = append(cells, f.format(median)+" / "+f.format(worst))
		}
		line(cells...)
	}
	_ = out.Flush()
	text.WriteString(footnotes(results))
	return text.String()
}

// footnotes say what a "never" means and which rounds had no end.
func footnotes(results []result) string {
	var text strings.Builder
	for _, r := range results {
		empty, open := 0, 0
		for _, round := range r.rounds {
			if slices.Max(round.kept[:]) == 0 {
				empty++
			}
			if !round.settled {
				open++
			}
		}
		if empty > 0 {
			fmt.Fprintf(&text, "\n%s: in %d of %d rounds no node had any of the data left.", r.name, empty, len(r.rounds))
		}
		if open > 0 {
			fmt.Fprintf(&text, "\n%s: %d of %d rounds were not settled within %s.", r.name, open, len(r.rounds), settleWithin)
		}
	}
	if text.Len() > 0 {
		text.WriteString("\n")
	}
	return text.String()
}
