package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestPicture holds that it is well-formed whatever the figures are, with a point for
// each that a logarithm has.
func TestPicture(t *testing.T) {
	text := picture([]curve{
		{Name: "start <cold>", Unit: "s", X: []float64{10, 100, 1000, 10000}, Y: []float64{0.2, 0.9, 7, 60}},
		{Name: "leader change", Unit: "s", X: []float64{10, 100}, Y: []float64{0, 3}},
		{Name: "resident", Unit: "MB", X: []float64{10}, Y: []float64{33}},
		{Name: "at rest", Unit: "% of a core", X: []float64{10}, Y: []float64{0}},
	})
	if points := strings.Count(text, "<circle"); points != 6 {
		t.Errorf("%d points, want 6", points)
	}
	if strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Errorf("a figure has no place:\n%s", text)
	}
	for d := xml.NewDecoder(strings.NewReader(text)); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("%v:\n%s", err, text)
		}
	}
}
