package clients

import (
	"slices"
	"time"
)

// Summary is all that one side showed of a program in a scenario.
type Summary struct {
	Program       Program
	Scenario      string
	Excuse, Fault string
	Late          bool
	Rounds        int
	Switch        time.Duration // the median
	Switched      bool
	Acked         int
	Lost, Stray   int
	Rate          int // the highest
}

// Passed says that it took part and that nothing is wrong.
func (s Summary) Passed() bool { return s.Rounds > 0 && s.Excuse == "" && s.Fault == "" }

// median sums up the rounds of a program in a scenario. A fault that is not about time
// counts in any round; being late counts if most switches were late.
func median(outcomes []Outcome, program Program, scenario string) Summary {
	s := Summary{Program: program, Scenario: scenario}
	var times []time.Duration
	late := 0
	var lateText string
	for _, o := range outcomes {
		if o.Program.Name() != program.Name() || o.Scenario != scenario {
			continue
		}
		s.Rounds++
		s.Acked, s.Lost, s.Stray, s.Rate = s.Acked+o.Acked, s.Lost+o.Lost, s.Stray+o.Stray, max(s.Rate, o.Rate)
		if o.Excuse != "" {
			s.Excuse = o.Excuse
		}
		if o.Switched {
			times = append(times, o.Switch)
		}
		switch {
		case o.Late:
			late++
			lateText = o.Fault
		case o.Fault != "":
			s.Fault = o.Fault
		}
	}
	if len(times) > 0 {
		slices.Sort(times)
		s.Switched, s.Switch = true, times[len(times)/2]
	}
	if s.Fault == "" && 2*late > len(times) { // rounds without a switch cannot be late
		s.Fault, s.Late = lateText, true
	}
	if why := program.Cannot[scenario]; s.Fault != "" && why != "" {
		s.Excuse, s.Fault = why, ""
	}
	return s
}

// Summaries sums up each program in each scenario, in the order of their appearance.
func Summaries(outcomes []Outcome) []Summary {
	var all []Summary
	seen := map[string]bool{}
	for _, o := range outcomes {
		if id := o.Program.Name() + " " + o.Scenario; !seen[id] {
			seen[id] = true
			all = append(all, median(outcomes, o.Program, o.Scenario))
		}
	}
	return all
}
