package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// never stands for a time that did not come.
	never = time.Duration(-1)
	// unknown stands for a number that could not be found out; it is the worst.
	unknown = -1
	// unmeasured stands for what nobody looked at on this side, in all its rounds.
	unmeasured = math.MinInt64
	// manyRounds is from how many rounds on a 99th percentile is not just the worst.
	manyRounds = 100
)

// figure is one row of the table: how to read it from a round, which end of the
// scale is worse, and how to print it.
type figure[R any] struct {
	name   string
	read   func(R) int64
	worse  func(a, b int64) int // as for sorting: the worst comes last
	format func(int64) string
}

// timed is a row of times; the longest is the worst.
func timed[R any](name, missing string, read func(R) time.Duration) figure[R] {
	return figure[R]{
		name, func(r R) int64 { return int64(read(r)) }, later,
		func(n int64) string { return show(time.Duration(n), missing) },
	}
}

// counted is a row of numbers; the highest is the worst.
func counted[R any](name string, read func(R) int) figure[R] {
	return figure[R]{name, func(r R) int64 { return int64(read(r)) }, later, number}
}

// remaining is a row of numbers; the lowest is the worst.
func remaining[R any](name string, read func(R) int) figure[R] {
	f := counted(name, read)
	f.worse = func(a, b int64) int { return cmp.Compare(b, a) }
	return f
}

func number(n int64) string {
	if n == unknown {
		return "unknown"
	}
	return strconv.FormatInt(n, 10)
}

// later sorts times and numbers; a time that never came and a number that is unknown
// are the worst.
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

// sorted reads one row; the worst comes last.
func (f figure[R]) sorted(rounds []R) []int64 {
	values := make([]int64, len(rounds))
	for i, r := range rounds {
		values[i] = f.read(r)
	}
	slices.SortFunc(values, f.worse)
	return values
}

// median of sorted values. Of an even number, the worse of the two in the middle is
// taken: there is nothing between a time and never.
func median(values []int64) int64 { return values[len(values)/2] }

// percentile99 is the least of the values that 99 of 100 are not worse than.
func percentile99(values []int64) int64 { return values[(99*len(values)+99)/100-1] }

func worst(values []int64) int64 { return values[len(values)-1] }

// cell is what the table says of one row and one side.
func (f figure[R]) cell(rounds []R, withPercentile bool) string {
	if len(rounds) == 0 || f.read(rounds[0]) == unmeasured {
		return "-"
	}
	values := f.sorted(rounds)
	parts := []string{f.format(median(values))}
	if withPercentile {
		parts = append(parts, f.format(percentile99(values)))
	}
	return strings.Join(append(parts, f.format(worst(values))), " / ")
}

// show prints a time, or what stands for one that never came.
func show(d time.Duration, missing string) string {
	switch {
	case d == never:
		return missing
	case d == unmeasured:
		return "-"
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
	default:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
}

// table prints each row for every side, in Markdown.
func table[R any](figures []figure[R], results []result[R]) string {
	most := 0
	for _, r := range results {
		most = max(most, len(r.rounds))
	}
	what := "median / worst"
	if most >= manyRounds {
		what = "median / 99 % / worst"
	}
	head := []string{fmt.Sprintf("%s, rounds: %d", what, most)}
	for _, r := range results {
		name := r.name
		if len(r.rounds) < most {
			name += fmt.Sprintf(" (rounds: %d)", len(r.rounds))
		}
		head = append(head, name)
	}
	lines := [][]string{head}
	for _, f := range figures {
		line := []string{f.name}
		for _, r := range results {
			line = append(line, f.cell(r.rounds, most >= manyRounds))
		}
		lines = append(lines, line)
	}
	return markdown(lines)
}

// markdown draws a table with its first line as the head.
func markdown(lines [][]string) string {
	widths := make([]int, len(lines[0]))
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	var text strings.Builder
	for n, line := range lines {
		for i, cell := range line {
			fmt.Fprintf(&text, "| %-*s ", widths[i], cell)
		}
		text.WriteString("|\n")
		if n == 0 {
			for _, width := range widths {
				fmt.Fprintf(&text, "| %s ", strings.Repeat("-", width))
			}
			text.WriteString("|\n")
		}
	}
	return text.String()
}

// notes are the lines below the table, after an empty one.
func notes[R any](of func(string, []R) string, results []result[R]) string {
	var text strings.Builder
	for _, r := range results {
		text.WriteString(of(r.name, r.rounds))
	}
	if text.Len() == 0 {
		return ""
	}
	return "\n" + text.String()
}

// unsettled is the note on rounds that had no end.
func unsettled(name string, open, rounds int) string {
	if open == 0 {
		return ""
	}
	return fmt.Sprintf("%s: %d of %d rounds were not settled within %s.\n", name, open, rounds, settleWithin)
}
