package main

import (
	"strings"
	"testing"
)

// TestReached: the largest row with figures stands for its goal. That it is smaller, and
// why a larger one has none, is told.
func TestReached(t *testing.T) {
	figures := map[string]spread{"s": single(1)}
	g := goal{goalStart, "start with 10 000 masters", "< 15 s", 10_000, "master"}
	rows := []row{
		{Goal: goalStart, Size: 100, Measured: "1 s", Figures: figures},
		{Goal: goalLeader, Size: 10_000, Measured: "9 s", Figures: figures},
		{Goal: goalStart, Size: 1000, Measured: "2 s", Figures: figures},
	}
	late := row{Goal: goalStart, Size: 10_000, Measured: "not within 30s: no answer"}
	for _, test := range []struct {
		name                  string
		rows                  []row
		title, measured, note string
	}{
		{"smaller ones", rows, g.what + "; **measured with 1000 masters**", "2 s", ""},
		{"the largest late", append(rows, late), g.what + "; **measured with 1000 masters**", "2 s", "with 10 000 masters: not within 30s: no answer"},
		{"late alone", []row{late}, g.what, "not within 30s: no answer", ""},
	} {
		got, found := g.reached(test.rows)
		if !found || g.title(got) != test.title || got.Measured != test.measured || got.Note != test.note {
			t.Errorf("%s: %q with %+v", test.name, g.title(got), got)
		}
	}
}

// TestAims: no line of the table is missing, whatever was not measured.
func TestAims(t *testing.T) {
	text := report{Form: "quick", Rows: []row{{Goal: goalIdle, Size: 1, Measured: "33 MB | 1 %", Figures: map[string]spread{"MB": single(33)}}}}.aims()
	if lines := strings.Count(text, "\n| "); lines != len(goals)+1 { // and the line below its head
		t.Errorf("%d lines, want %d:\n%s", lines, len(goals)+1, text)
	}
	if !strings.Contains(text, `| < 40 MB | 33 MB \| 1 % |`) || strings.Count(text, "| not measured |") != len(goals)-1 {
		t.Errorf("the table is\n%s", text)
	}
}
