package events

import (
	"flag"
	"slices"
	"strings"
	"testing"
)

var (
	only   = flag.String("events", "", "only these events, by their keys, with commas between")
	rounds = flag.Int("rounds", 1, "how often each happens")
	server = flag.String("image", "", "the servers' image, repository:tag; the chart's default when empty")
)

// TestEvents lets everything happen to a set on real nodes.
func TestEvents(t *testing.T) {
	s, err := NewStage(t.Context(), nodes(t), "events", imageValues(*server), t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	for _, event := range Events() {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), event.Key) {
			continue
		}
		t.Run(event.Key, func(t *testing.T) {
			s.Log = t.Logf
			for n := range *rounds {
				round, err := event.Do(t.Context(), s)
				if err != nil {
					t.Fatalf("round %d: %v", n, err)
				}
				t.Logf("round %d: %+v", n, round)
				if round.Lost > 0 && !event.Loses {
					t.Errorf("round %d: %d of %d acknowledged writes lost", n, round.Lost, round.Acked)
				}
				if round.Unordered != "" {
					t.Errorf("round %d: %s", n, round.Unordered)
				}
			}
		})
	}
}
