package persistence

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// Commands are what is measured.
var Commands = []string{"SET", "GET"}

// Figures are requests a second, by mode and command, one for each round.
type Figures struct {
	Commit  string // of the tree that measured
	Server  string // and its version
	Rounds  int
	Rates   map[string]map[string][]float64
	Written string // how the load was made
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

// Whole says what is missing for the table; nil when nothing is.
func (f Figures) Whole() error {
	for _, mode := range Modes() {
		for _, command := range Commands {
			if n := len(f.Rates[mode.Name][command]); n == 0 || n != f.Rounds {
				return fmt.Errorf("%s, %s: %d of %d rounds were measured", mode.Name, command, n, f.Rounds)
			}
		}
	}
	return nil
}

// Table is the table in Markdown: medians, in brackets least and greatest, and the median of
// the ratios to none, each of one round.
func (f Figures) Table() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s; %s; %d rounds.\n\n| kept on disk |", f.Server, f.Written, f.Rounds)
	for _, command := range Commands {
		fmt.Fprintf(&out, " %s a second | of none |", command)
	}
	out.WriteString("\n| --- |" + strings.Repeat(" --- | --- |", len(Commands)) + "\n")
	for _, mode := range Modes() {
		fmt.Fprintf(&out, "| %s |", mode.Name)
		for _, command := range Commands {
			rates := f.Rates[mode.Name][command]
			low, middle, high := spread(rates)
			_, share, _ := spread(ratios(rates, f.Rates[Modes()[0].Name][command]))
			fmt.Fprintf(&out, " %.0f (%.0f to %.0f) | %.2f |", middle, low, high, share)
		}
		out.WriteString("\n")
	}
	return out.String()
}

// ratios compares what was measured in the same round.
func ratios(of, to []float64) (all []float64) {
	for n := range min(len(of), len(to)) {
		all = append(all, of[n]/to[n])
	}
	return all
}

func spread(all []float64) (low, middle, high float64) {
	if len(all) == 0 {
		return 0, 0, 0
	}
	s := slices.Sorted(slices.Values(all))
	return s[0], (s[(len(s)-1)/2] + s[len(s)/2]) / 2, s[len(s)-1]
}
