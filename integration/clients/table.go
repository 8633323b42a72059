package clients

import (
	"fmt"
	"strings"
	"time"
)

// columns are the scenarios of the table with their heads.
var columns = []struct{ scenario, head string }{
	{Discover, "finds"},
	{Reads, "replica reads"},
	{Crash, "crash"},
	{Planned, "switchover"},
	{Replica, "replica lost"},
	{EachDown, "Sentinels in turn"},
	{OneLeft, "one Sentinel left"},
	{Restarted, "all restarted"},
	{IdleLong, "idle"},
	{Unknown, "unknown name"},
	{Passwords.Name, "passwords"},
	{Encrypted.Name, "TLS"},
	{Named.Name, "names"},
}

// The sides of the table: this service, and real Sentinels.
const (
	OurSide    = "service"
	OracleSide = "oracle"
)

// legend says how to read the table.
const legend = `Each cell: this service · real Sentinels. A time is the median from +switch-master to the first write that the new
master acknowledged. Behind the scenarios: acknowledged writes lost in planned switches and where no master was hurt;
writes that an old master acknowledged after the switch; most commands within a second at the Sentinel ports. A side that
is empty was not measured yet.

`

// Table is the matrix as Markdown, both sides in each cell, with its reasons below.
func Table(programs []Program, results Results) string {
	var out strings.Builder
	out.WriteString(legend + "| client |")
	for _, c := range columns {
		fmt.Fprintf(&out, " %s |", c.head)
	}
	out.WriteString(" lost | to the old master | commands/s |\n|" + strings.Repeat(" --- |", len(columns)+4) + "\n")
	notes := &footnotes{numbers: map[string]int{}}
	for _, p := range programs {
		row(&out, p, results, notes)
	}
	out.WriteString("\n")
	for i, text := range notes.texts {
		fmt.Fprintf(&out, "%d. %s\n", i+1, text)
	}
	return out.String()
}

func row(out *strings.Builder, p Program, results Results, notes *footnotes) {
	fmt.Fprintf(out, "| %s |", p)
	sides := [2][]Outcome{results[OurSide][p.Name()], results[OracleSide][p.Name()]}
	for _, c := range columns {
		ours, theirs := median(sides[0], p, c.scenario), median(sides[1], p, c.scenario)
		fmt.Fprintf(out, " %s · %s |", cell(p, ours, notes), cell(p, theirs, notes))
	}
	var lost, stray, rate [2]string
	for i, side := range sides {
		lost[i], stray[i], rate[i] = totals(p, side)
	}
	fmt.Fprintf(out, " %s · %s | %s · %s | %s · %s |\n", lost[0], lost[1], stray[0], stray[1], rate[0], rate[1])
}

// cell is a time where one was measured, a mark where it passed, a number of a note
// where it did not.
func cell(p Program, s Summary, notes *footnotes) string {
	switch {
	case s.Rounds == 0 && p.Cannot["loopback"] != "":
		return "–" + notes.number("only where names are told, since the addresses of these tests are loopback ones: "+p.Cannot["loopback"])
	case s.Rounds == 0:
		return ""
	case s.Excuse != "":
		return "–" + notes.number(s.Excuse)
	case s.Fault != "":
		return "✗" + notes.number(withoutNumbers(s))
	case s.Switched && (s.Scenario == Crash || s.Scenario == Planned):
		return Rounded(s.Switch).String()
	}
	return "✓"
}

// withoutNumbers makes equal notes of equal faults: the figures are in the columns.
func withoutNumbers(s Summary) string {
	switch {
	case strings.Contains(s.Fault, "lost"):
		return "loses acknowledged writes"
	case strings.Contains(s.Fault, "old master"):
		return "writes acknowledged by the old master after the switch"
	case strings.Contains(s.Fault, "commands in a second"):
		return "more than 20 commands a second at the Sentinel ports"
	case s.Late:
		return "writes to the new master later than its mechanism explains"
	case strings.Contains(s.Fault, "new master"):
		return fmt.Sprintf("does not come to the new master within its bound and %s more", grace)
	}
	return s.Fault
}

// totals are, over all scenarios: acknowledged writes lost in planned changes and where
// no master was hurt, those that an old master took late, and the highest rate.
func totals(p Program, outcomes []Outcome) (lost, stray, rate string) {
	if len(outcomes) == 0 {
		return "", "", ""
	}
	var l, s, r int
	for _, o := range outcomes {
		if o.Scenario != Crash && o.Scenario != IdleLong {
			l += o.Lost
		}
		s, r = s+o.Stray, max(r, o.Rate)
	}
	if !p.Writer() {
		return "", "", fmt.Sprint(r)
	}
	return fmt.Sprint(l), fmt.Sprint(s), fmt.Sprint(r)
}

// footnotes numbers texts as they come.
type footnotes struct {
	texts   []string
	numbers map[string]int
}

func (f *footnotes) number(text string) string {
	if f.numbers[text] == 0 {
		f.texts = append(f.texts, text)
		f.numbers[text] = len(f.texts)
	}
	return fmt.Sprintf("<sup>%d</sup>", f.numbers[text])
}

// Count says how many cells passed, of how many that the programs can take part in,
// and the median and the longest switch of each kind.
func Count(programs []Program, results map[string][]Outcome) (passed, all int, crash, planned [2]time.Duration) {
	var crashes, switchovers []time.Duration
	for _, p := range programs {
		for _, s := range Summaries(results[p.Name()]) {
			if s.Excuse != "" {
				continue
			}
			all++
			if s.Passed() {
				passed++
			}
			if s.Switched && s.Scenario == Crash {
				crashes = append(crashes, s.Switch)
			}
			if s.Switched && s.Scenario == Planned {
				switchovers = append(switchovers, s.Switch)
			}
		}
	}
	return passed, all, middleAndLast(crashes), middleAndLast(switchovers)
}
