package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// report is a whole run.
type report struct {
	Form     string  `json:"form"`
	Only     string  `json:"only,omitempty"` // a part of it
	Rounds   int     `json:"rounds"`
	Cores    int     `json:"cores"`
	Seconds  float64 `json:"seconds"`
	Sentinel string  `json:"sentinel"` // the version of redis-sentinel
	Rows     []row   `json:"rows"`
	Curves   []curve `json:"curves"`
}

// version asks redis-sentinel for its own.
func version() string {
	text, err := exec.Command("redis-sentinel", "--version").Output()
	_, after, found := strings.Cut(string(text), "v=")
	if words := strings.Fields(after); err == nil && found && len(words) > 0 {
		return words[0]
	}
	return "of an unknown version"
}

// write leaves the figures as JSON and the curves as a picture.
func (r report) write(name string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	err = os.WriteFile(name+".json", append(text, '\n'), 0o644)
	if len(r.Curves) > 0 {
		err = errors.Join(err, os.WriteFile(name+".svg", []byte(picture(r.Curves)), 0o644))
	}
	return err
}

// read reads what write has left.
func read(file string) (r report, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}

// print writes both tables.
func (r report) print(out io.Writer) error {
	_, err := io.WriteString(out, r.aims()+"\n"+r.others())
	return err
}

// reached are the rows of the goals, in their order. One that nothing was measured for
// has a row that says so, unless only a part was asked for.
func (r report) reached() (reached []row) {
	for _, g := range goals {
		best, found := g.reached(r.Rows)
		if !found && r.Only != "" {
			continue
		}
		if !found {
			best = row{Goal: g.key, Measured: "not measured"}
		}
		reached = append(reached, best)
	}
	return reached
}

// aims is the table of goals as Markdown, with its notes.
func (r report) aims() string {
	var text strings.Builder
	fmt.Fprintf(&text, "| what | aim | this service | redis-sentinel %s | ours / theirs |\n| --- | --- | --- | --- | --- |\n", r.Sentinel)
	notes := &notes{}
	for _, reached := range r.reached() {
		g := goals[slices.IndexFunc(goals, func(g goal) bool { return g.key == reached.Goal })]
		cells(&text, g.title(reached)+notes.number(reached.Note), g.aim, reached.Measured, reached.Beside, reached.Ratio)
	}
	fmt.Fprintf(&text, "\nThe %s form, in %.0f s on %s: medians (least-greatest) of %s of each server, by turns. Clients share the cores with both servers, so the\n"+
		"server's own processor time per request (µs CPU) says more than its throughput.\n%s",
		r.Form, r.Seconds, count(r.Cores, "core"), count(r.Rounds, "run"), notes.text())
	return text.String()
}

// others is the table of what is no goal, or reached by a larger row.
func (r report) others() string {
	var text strings.Builder
	fmt.Fprintf(&text, "| what | this service | redis-sentinel %s | ours / theirs |\n| --- | --- | --- | --- |\n", r.Sentinel)
	notes, reached := &notes{}, r.reached()
	for _, one := range r.Rows {
		isReached := slices.ContainsFunc(reached, func(other row) bool {
			return other.Goal == one.Goal && other.Size == one.Size && other.What == one.What
		})
		if isReached || one.Goal != "" && len(one.Figures) == 0 {
			continue
		}
		cells(&text, one.What+notes.number(one.Note), one.Measured, one.Beside, one.Ratio)
	}
	return text.String() + notes.text()
}

// cells is one line of a table.
func cells(out *strings.Builder, texts ...string) {
	for _, text := range texts {
		fmt.Fprintf(out, "| %s ", strings.ReplaceAll(text, "|", `\|`))
	}
	out.WriteString("|\n")
}

// notes are what is told below a table, each once.
type notes struct{ texts []string }

func (n *notes) number(text string) string {
	if text == "" {
		return ""
	}
	at := slices.Index(n.texts, text)
	if at < 0 {
		at, n.texts = len(n.texts), append(n.texts, text)
	}
	return fmt.Sprintf(" [%d]", at+1)
}

func (n *notes) text() string {
	var text strings.Builder
	for i, note := range n.texts {
		fmt.Fprintf(&text, "\n[%d] %s\n", i+1, note)
	}
	return text.String()
}
