package sentinel

import (
	"fmt"
	"testing"
	"time"
)

// TestTellingIsBounded: however the words of a state that lasts change.
func TestTellingIsBounded(t *testing.T) {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	heard := func(n int) Report {
		return Report{Reason: "MasterHeard", Message: fmt.Sprintf("mymaster-%d hears of it", n%2)}
	}
	for _, c := range []struct {
		what string
		says func(n int) Report
		most int
	}{
		{"one witness", func(int) Report { return heard(0) }, 1},
		{"two by turns", heard, 6 * 10},
		{"two states by turns", func(n int) Report { return Report{Reason: fmt.Sprint("Reason", n%2)} }, 6 * 10},
		{"ever new states", func(n int) Report { return Report{Reason: fmt.Sprint("Reason", n)} }, 10 * tellMost},
	} {
		var s telling
		count := 0
		for n := range 6000 { // ten minutes
			if s.news(began.Add(time.Duration(n)*100*time.Millisecond), c.says(n)) {
				count++
			}
		}
		if count < 1 || count > c.most {
			t.Errorf("%s: told %d times in ten minutes, want at most %d", c.what, count, c.most)
		}
	}
}

// TestToldAnewPerIncident: the same words, after a master has served in between.
func TestToldAnewPerIncident(t *testing.T) {
	var s telling
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	r := Report{Reason: "NoSuccessor", Message: "no replica has the master's data"}
	for incident := range 3 {
		if !s.news(now, r) || s.news(now, r) {
			t.Errorf("incident %d is not told once", incident)
		}
		s.over()
	}
}
