package events

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// Figures are what rounds of events cost, by server and by the events' keys.
type Figures struct {
	Commit  string // of the tree that was measured
	Servers []Measured
}

// Measured are the figures of one server.
type Measured struct {
	Image string
	// Megabytes of data that each server had; 0 for a few thousand keys.
	Megabytes int `json:",omitempty"`
	Rows      map[string][]Round
}

// Read reads figures from a file.
func Read(path string) (f Figures, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return f, err
	}
	return f, json.Unmarshal(text, &f)
}

// Write writes them to a file.
func (f Figures) Write(path string) error {
	text, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// Whole says what is missing for a table with these rows; nil when nothing is.
func (f Figures) Whole(rows []Event) error {
	if len(f.Servers) == 0 {
		return fmt.Errorf("no server was measured")
	}
	for _, server := range f.Servers {
		for _, event := range rows {
			if len(server.Rows[event.Key]) == 0 {
				return fmt.Errorf("%s was not measured with %s", event.Key, server.Image)
			}
		}
	}
	return nil
}

// title heads a column.
func (m Measured) title() string {
	if m.Megabytes == 0 {
		return "`" + m.Image + "`"
	}
	return fmt.Sprintf("%.3g GB, `%s`", float64(m.Megabytes)/1024, m.Image)
}

// Table is the table of these rows, in Markdown.
func (f Figures) Table(rows []Event) string {
	var out strings.Builder
	out.WriteString("| event | aim |")
	for _, server := range f.Servers {
		fmt.Fprintf(&out, " %s |", server.title())
	}
	out.WriteString("\n| --- | --- |" + strings.Repeat(" --- |", len(f.Servers)) + "\n")
	for _, event := range rows {
		fmt.Fprintf(&out, "| %s | %s |", event.Name, event.Aim)
		for _, server := range f.Servers {
			fmt.Fprintf(&out, " %s |", event.cell(server.Rows[event.Key]))
		}
		out.WriteString("\n")
	}
	return out.String()
}

func (e Event) cell(rounds []Round) string {
	if len(rounds) == 0 {
		return "not measured"
	}
	var parts []string
	for _, tell := range e.Tells {
		if told := tell(rounds); told != "" {
			parts = append(parts, told)
		}
	}
	return fmt.Sprintf("%s; of %d", strings.Join(parts, "; "), len(rounds))
}

// Teller is one figure of a row; empty where it was not measured.
type Teller func([]Round) string

// tellGap and tellPlain are the writers' longest gaps, tellTook what an event counts itself.
func tellGap(rounds []Round) string {
	return medianAndWorst(rounds, func(r Round) time.Duration { return r.Gap })
}

func tellPlain(rounds []Round) string {
	return "plain client " + medianAndWorst(rounds, func(r Round) time.Duration { return r.Plain })
}

func tellTook(rounds []Round) string {
	return medianAndWorst(rounds, func(r Round) time.Duration { return r.Took })
}

// tellApart tells a figure without the rounds in which the leader was beside, and that of those.
func tellApart(tell Teller) Teller {
	return func(rounds []Round) string {
		var apart, beside []Round
		for _, r := range rounds {
			if r.Beside {
				beside = append(beside, r)
			} else {
				apart = append(apart, r)
			}
		}
		switch {
		case tell(rounds) == "":
			return ""
		case len(beside) == 0:
			return tell(rounds)
		case len(apart) == 0:
			return "with the leader " + tell(beside)
		default:
			return tell(apart) + ", with the leader " + tell(beside)
		}
	}
}

func tellWhole(rounds []Round) string {
	return medianAndWorst(rounds, func(r Round) time.Duration { return r.Whole })
}

// tellMisled is for how long a master that came back was one, and what it took.
func tellMisled(rounds []Round) string {
	demoted := medianAndWorst(rounds, func(r Round) time.Duration { return r.Demoted })
	if demoted == "" {
		return ""
	}
	taken := 0
	for _, r := range rounds {
		taken += r.Misled
	}
	return fmt.Sprintf("demoted once it is back after %s, %d writes taken till then from a client that went straight to it", demoted, taken)
}

// labelled says whose a figure is.
func labelled(whose string, tell Teller) Teller {
	return func(rounds []Round) string {
		told := tell(rounds)
		if told == "" {
			return ""
		}
		return whose + " " + told
	}
}

func tellLost(rounds []Round) string {
	lost, acked := 0, 0
	for _, r := range rounds {
		lost, acked = lost+r.Lost, acked+r.Acked
	}
	return fmt.Sprintf("%d of %d lost", lost, acked)
}

func tellSwitches(rounds []Round) string {
	var counts []string
	for _, r := range rounds {
		counts = append(counts, fmt.Sprint(r.Switches))
	}
	slices.Sort(counts)
	counts = slices.Compact(counts)
	return "switches: " + strings.Join(counts, " or ")
}

func tellRefused(rounds []Round) string {
	refused, asked := 0, 0
	for _, r := range rounds {
		refused, asked = refused+r.Refused, asked+r.Asked
	}
	return fmt.Sprintf("%d of %d refused", refused, asked)
}

func medianAndWorst(rounds []Round, of func(Round) time.Duration) string {
	var all []time.Duration
	for _, r := range rounds {
		all = append(all, of(r))
	}
	slices.Sort(all)
	if all[len(all)-1] == 0 {
		return ""
	}
	median := (all[(len(all)-1)/2] + all[len(all)/2]) / 2
	return fmt.Sprintf("median %s, worst %s", readable(median), readable(all[len(all)-1]))
}

func readable(d time.Duration) string {
	if d < time.Second {
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}
