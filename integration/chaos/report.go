package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// starved is how long this program may always have been kept from running.
const starved = 250 * time.Millisecond

// Report tells the figures of a run, by kind of fault.
func Report(h *History, seed uint64, violations []Violation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d: %d steps in %s, %d writes acknowledged, %d answers and %d samples checked\n\n",
		seed, len(h.Outcomes), h.span().Round(time.Second), len(h.Acks), len(h.Answers), len(h.Samples))
	h.faults(&b)
	h.pairs(&b)
	h.leaderEnds(&b)
	h.writes(&b)
	doubles, longest := windows(violations)
	fmt.Fprintf(&b, "\ndouble-master windows: %d, the longest %s\n", doubles, ms(longest))
	fmt.Fprintf(&b, "wipes: %d samples; reads that missed: %d of %d\n", broken(violations, NoWipe), h.Misses, h.Reads)
	lost, acked, unexplained := h.lost()
	fmt.Fprintf(&b, "acknowledged writes lost: %d of %d, of these %d where no master was hurt\n", lost, acked, unexplained)
	busy := 0
	for _, o := range h.Outcomes {
		for _, s := range o.Sets {
			if o.tooBusy(s.Gap) {
				busy++
			}
		}
	}
	fmt.Fprintf(&b, "longest time this program was not run: %s; gaps that do not count therefore: %d\n",
		ms(h.Starved(0, h.span())), busy)
	fmt.Fprintf(&b, "violations: %d\n", len(violations))
	return b.String()
}

func broken(violations []Violation, promise string) (n int) {
	for _, v := range violations {
		if v.Promise == promise {
			n++
		}
	}
	return n
}

// windows are the times in which two processes of a set acknowledged writes, each told
// by all the writes that the former one acknowledged in it.
func windows(violations []Violation) (n int, longest time.Duration) {
	type window struct {
		set   int
		since time.Duration
	}
	ends := map[window]time.Duration{}
	for _, v := range violations {
		if v.Promise == OneMaster {
			key := window{v.Set, v.Since}
			ends[key] = max(ends[key], v.At)
		}
	}
	for w, end := range ends {
		longest = max(longest, end-w.since)
	}
	return len(ends), longest
}

// lost counts lost writes, and those that no fault explains.
func (h *History) lost() (lost, acked, unexplained int) {
	for _, o := range h.Outcomes {
		for _, s := range o.Sets {
			lost, acked = lost+s.Lost, acked+s.Acked
			if !s.MayLose {
				unexplained += s.Lost
			}
		}
	}
	return lost, acked, unexplained
}

func (h *History) span() time.Duration {
	if n := len(h.Outcomes); n > 0 {
		return max(h.Outcomes[n-1].Healed, h.Outcomes[n-1].Undone)
	}
	return 0
}

// row is what all steps of one kind did.
type row struct {
	steps, lost, acked     int
	concerned, rest, heals []time.Duration
}

// faults tells of steps with one fault, a row for each kind.
func (h *History) faults(b *strings.Builder) {
	rows := map[string]*row{}
	for _, o := range h.Outcomes {
		if len(o.Step) > 1 {
			continue
		}
		name := o.Step.String()
		if rows[name] == nil {
			rows[name] = &row{}
		}
		rows[name].add(o)
	}
	tell(b, "fault", rows)
}

// pairs tells of steps with two faults: all together, and those that lost writes.
func (h *History) pairs(b *strings.Builder) {
	rows := map[string]*row{}
	for _, o := range h.Outcomes {
		if len(o.Step) < 2 {
			continue
		}
		names := []string{"any two"}
		for _, s := range o.Sets {
			if s.Lost > 0 && len(names) == 1 {
				names = append(names, "lost: "+o.Step.String())
			}
		}
		for _, name := range names {
			if rows[name] == nil {
				rows[name] = &row{}
			}
			rows[name].add(o)
		}
	}
	if len(rows) > 0 {
		fmt.Fprintln(b)
		tell(b, "two faults at once", rows)
	}
}

// leaderEnds tells how often each named step was the leader's last.
func (h *History) leaderEnds(b *strings.Builder) {
	all := h.deaths()
	if len(all) == 0 {
		return
	}
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nleader's end at a named step\talone\tbeside another fault\tmet\tanother replica led on")
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		e := all[kind]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\n", kind, e.alone, e.beside, e.met, e.other)
	}
	_ = w.Flush() // into memory
}

func tell(b *strings.Builder, title string, rows map[string]*row) {
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\tsteps\tlost\tof\tlongest write gap: median\tp99\tworst\tother sets: worst\thealed after: median\tworst\n", title)
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		r := rows[name]
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", name, r.steps, r.lost, r.acked,
			rank(r.concerned, 50), rank(r.concerned, 99), rank(r.concerned, 100), rank(r.rest, 100), rank(r.heals, 50), rank(r.heals, 100))
	}
	_ = w.Flush() // into memory
}

// tooBusy says whether a gap tells of the machine: much of it this program was not run.
func (o Outcome) tooBusy(gap time.Duration) bool { return o.Starved > starved && o.Starved > gap/4 }

func (r *row) add(o Outcome) {
	r.steps++
	if o.Healed > 0 {
		r.heals = append(r.heals, o.Healed-o.Undone)
	}
	for _, s := range o.Sets {
		r.lost += s.Lost
		r.acked += s.Acked
		switch {
		case o.tooBusy(s.Gap):
		case s.Concerned:
			r.concerned = append(r.concerned, s.Gap)
		default:
			r.rest = append(r.rest, s.Gap)
		}
	}
}

// rank is the value that a percentage of all does not exceed.
func rank(of []time.Duration, percent int) string {
	if len(of) == 0 {
		return "-"
	}
	sorted := slices.Sorted(slices.Values(of))
	return sorted[max(0, (len(sorted)*percent+99)/100-1)].Round(time.Millisecond).String()
}

// Story is what is known of the time around a violation.
func Story(h *History, v Violation) string {
	var b strings.Builder
	fmt.Fprintln(&b, v)
	for _, o := range h.Outcomes {
		if o.Began <= v.At && v.At <= max(o.Healed, o.Undone)+time.Second {
			fmt.Fprintf(&b, "  %9s step %d: %v; undone %s, healed %s\n", ms(o.Began), o.Number, o.Step, ms(o.Undone), ms(o.Healed))
		}
	}
	near := func(at time.Duration) bool { return at > v.At-15*time.Second && at < v.At+3*time.Second }
	for _, c := range h.Commits {
		if c.Set == v.Set && near(c.At) {
			fmt.Fprintf(&b, "  %9s record: epoch %d %s master %s target %s\n", ms(c.At), c.Epoch, c.Phase, short(c.Master), short(c.Target))
		}
	}
	for _, n := range h.News {
		if n.Set == v.Set && near(n.At) {
			fmt.Fprintf(&b, "  %9s %s: +switch-master %s -> %s\n", ms(n.At), n.Replica, n.Old, n.New)
		}
	}
	return b.String()
}

func ms(d time.Duration) string { return d.Round(time.Millisecond).String() }
