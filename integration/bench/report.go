package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// report is a whole run.
type report struct {
	Full    bool    `json:"full"`
	Rounds  int     `json:"rounds"`
	Seconds float64 `json:"seconds"`
	Rows    []row   `json:"rows"`
	Curves  []curve `json:"curves"`
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
	err = os.WriteFile(name+".json", append(text, '\n'), 0o600)
	if len(r.Curves) > 0 {
		err = errors.Join(err, os.WriteFile(name+".svg", []byte(picture(r.Curves)), 0o600))
	}
	return err
}

// print writes the table in Markdown.
func (r report) print(out io.Writer) error {
	var text strings.Builder
	text.WriteString("| what | aim | this service | beside | ours / theirs |\n| --- | --- | --- | --- | --- |\n")
	var notes []string
	for _, row := range r.Rows {
		what := row.What
		if row.Note != "" {
			notes = append(notes, row.Note)
			what += fmt.Sprintf(" [%d]", len(notes))
		}
		fmt.Fprintf(&text, "| %s | %s | %s | %s | %s |\n", cell(what), cell(row.Aim), cell(row.Measured), cell(row.Beside), cell(row.Ratio))
	}
	fmt.Fprintf(&text, "\nMedian (least-greatest) of %s, on %d cores, in %.0f s. CPU is the server's own time per request.\n",
		count(r.Rounds, "run"), runtime.NumCPU(), r.Seconds)
	for i, note := range notes {
		fmt.Fprintf(&text, "[%d] %s\n", i+1, note)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// cell keeps a text from ending its cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
