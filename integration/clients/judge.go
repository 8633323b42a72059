package clients

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// mostCommands is how many commands a second a client may send to the Sentinels beyond
// its own polling, at any time.
const mostCommands = 20

// Outcome is what one scenario showed of one program.
type Outcome struct {
	Program  Program
	Scenario string
	// Excuse says why the library cannot take part; nothing else is set then.
	Excuse string
	// Fault says what went wrong, empty when all is as promised. Late tells that it is
	// only about time, which a busy machine may have caused.
	Fault string
	Late  bool

	Switched bool
	Switch   time.Duration // from +switch-master to the first write acknowledged by the new master
	Acked    int
	Lost     int // of these the final master does not have
	Stray    int // of these another node had executed after +switch-master
	Rate     int // most commands within a second at the Sentinel ports
	Burst    string
}

// Passed says that the program took part and nothing went wrong.
func (o Outcome) Passed() bool { return o.Excuse == "" && o.Fault == "" }

// Evidence is all that is known of a program in a span of time.
type Evidence struct {
	Good, Bad  []Ack
	Executions []Execution
	Requests   []Request
}

// Evidence gathers it from a time on.
func (s *Stage) Evidence(r *Running, from time.Time) Evidence {
	good, bad := r.Acks(from)
	return Evidence{Good: good, Bad: bad, Executions: s.Execs.Of(r.Key, from), Requests: s.Ledger.Of(r.Group(), from)}
}

// served is the first write that the new master acknowledged: the one whose number it
// executed for a client, or, where commands do not tell, the first acknowledged after
// it executed any.
func (e Evidence) served(host string) (Ack, bool) {
	var first time.Time
	numbers := map[int]bool{}
	for _, x := range e.Executions {
		if x.Node != host || !x.Write {
			continue
		}
		if first.IsZero() || x.At.Before(first) {
			first = x.At
		}
		numbers[x.N] = true
	}
	if first.IsZero() {
		return Ack{}, false
	}
	blind := numbers[0] && len(numbers) == 1
	for _, a := range e.Good {
		if numbers[a.N] || blind && a.At.After(first) {
			return a, true
		}
	}
	return Ack{}, false
}

// strays counts writes acknowledged that a node other than the new master executed
// after the switch was told.
func (e Evidence) strays(host string, since time.Time) int {
	elsewhere := map[int]bool{}
	for _, x := range e.Executions {
		if x.Write && x.Node != host && x.At.After(since) && x.N != 0 {
			elsewhere[x.N] = true
		}
	}
	count := 0
	for _, a := range e.Good {
		if elsewhere[a.N] {
			count++
		}
	}
	return count
}

// rate is the largest number of commands within a second, and what they were.
func (e Evidence) rate() (most int, what string) {
	var sent []Request
	for _, r := range e.Requests {
		if r.Command != "" {
			sent = append(sent, r)
		}
	}
	slices.SortFunc(sent, func(a, b Request) int { return a.At.Compare(b.At) })
	begin, first := 0, 0
	for i, r := range sent {
		for r.At.Sub(sent[begin].At) >= time.Second {
			begin++
		}
		if n := i - begin + 1; n > most {
			most, first = n, begin
		}
	}
	return most, counted(sent[first : first+most])
}

// counted names commands with their numbers, the most frequent first.
func counted(sent []Request) string {
	numbers := map[string]int{}
	for _, r := range sent {
		numbers[r.Command]++
	}
	names := slices.SortedFunc(maps.Keys(numbers), func(a, b string) int {
		return cmp.Or(numbers[b]-numbers[a], strings.Compare(a, b))
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%d %s", numbers[name], name)
	}
	return strings.Join(names, ", ")
}

// judgeSwitch says what is wrong about a program's way through a change of the master.
func (o *Outcome) judgeSwitch(planned bool, slack time.Duration, last string) {
	bound := o.Program.Bound(o.Scenario)
	switch {
	case !o.Switched:
		o.Fault = "does not write to the new master: " + last
	case o.Switch > bound+slack:
		o.Fault = fmt.Sprintf("%s until it wrote to the new master, its mechanism's bound is %s", Rounded(o.Switch), bound)
		o.Late = true
	case planned && o.Lost > 0:
		o.Fault = fmt.Sprintf("lost %d of %d acknowledged writes", o.Lost, o.Acked)
	case o.Stray > 0:
		o.Fault = fmt.Sprintf("%d writes acknowledged by the old master after the switch", o.Stray)
	}
	o.judgeRate()
}

// judgeRate looks for hot loops, at any time: one round is enough.
func (o *Outcome) judgeRate() {
	limit := max(mostCommands+int(o.Program.Polling+0.5), o.Program.Burst)
	if o.Scenario == Unknown {
		limit = max(limit, o.Program.UnknownBurst)
	}
	if o.Fault == "" && o.Rate > limit {
		o.Fault = fmt.Sprintf("%d commands in a second at the Sentinel ports, at most %d are its own: %s", o.Rate, limit, o.Burst)
	}
}

// Rounded is for reading.
func Rounded(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}
