package chaos

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Write is one write of the service to the API server that was seen.
type Write struct {
	Set  int // leaderWrites for the leader Lease
	What string
	At   time.Duration
}

// What is written for a set.
const (
	RecordWrite = "record"
	LabelWrite  = "label"
	EventWrite  = "Event"
	LeaseWrite  = "leader Lease"
)

const (
	leaderWrites = -1
	// writesMost is what may be written for one set within any minute, the leader Lease
	// included: three times what a run of all faults had in its worst minute. What is refused and
	// tried again at once comes to eight a second.
	writesMost = 150
)

// minutes are the writes of a set in each minute of the run, and within the worst of any.
func (h *History) minutes(set int, what string) (each []int, worst int, at time.Duration) {
	var times []time.Duration
	for _, w := range h.Writes {
		if w.Set == set && (what == "" || w.What == what) {
			times = append(times, w.At)
		}
	}
	slices.Sort(times)
	each = make([]int, max(1, int(h.span()/time.Minute)))
	first := 0
	for i, t := range times {
		if n := int(t / time.Minute); t >= 0 && n < len(each) {
			each[n]++
		}
		for times[first] <= t-time.Minute {
			first++
		}
		if n := i - first + 1; n > worst {
			worst, at = n, t
		}
	}
	return each, worst, at
}

// fewWrites finds minutes in which more was written for a set than any fault explains.
func (h *History) fewWrites(sets int) []Violation {
	var found []Violation
	for set := leaderWrites; set < sets; set++ {
		if _, worst, at := h.minutes(set, ""); worst > writesMost {
			found = append(found, Violation{Promise: FewWrites, Set: set, At: at, Text: fmt.Sprintf("%d writes within a minute, at most %d are to be explained", worst, writesMost)})
		}
	}
	return found
}

// writes tells how much was written for each set, by kinds.
func (h *History) writes(b *strings.Builder) {
	if len(h.Writes) == 0 {
		return
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nwrites to the API server\tmedian of a minute\tworst minute")
	row := func(name string, set int, what string) {
		each, worst, _ := h.minutes(set, what)
		slices.Sort(each)
		fmt.Fprintf(w, "%s\t%d\t%d\n", name, each[len(each)/2], worst)
	}
	row(LeaseWrite, leaderWrites, "")
	last := -1
	for _, one := range h.Writes {
		last = max(last, one.Set)
	}
	for set := range last + 1 {
		row(fmt.Sprintf("set %d", set), set, "")
		for _, what := range []string{RecordWrite, LabelWrite, EventWrite} {
			row(fmt.Sprintf("  %ss", what), set, what)
		}
	}
	_ = w.Flush() // into memory
}
