package k8s

import (
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestByHand: a decision is a UID and the time until which it holds, and one that cannot be
// read is none: the one before it is not taken for it.
func TestByHand(t *testing.T) {
	until := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	made := sentinel.ByHand{UID: "3f0a", Until: until}
	old := defaults()
	old.config.Promote = made
	for text, want := range map[string]sentinel.ByHand{
		"3f0a until 2026-01-02T15:04:05Z":      made,
		"3f0a until 2026-01-02T17:04:05+02:00": made,
		"":                                     {},
		"3f0a":                                 {},
		"3f0a until":                           {},
		"3f0a until tomorrow":                  {},
		" until 2026-01-02T15:04:05Z":          {},
		"3f0a until 9999-12-31T23:59:59-05:00": {}, // which JSON does not have
		"redis-1 3f0a until 2026-01-02T15:04:05Z": {},
	} {
		v, problems := parseOptions(map[string]string{AnnotationPromote: text}, old)
		if v.config.Promote != want {
			t.Errorf("%q: %+v, want %+v", text, v.config.Promote, want)
		}
		if refused := len(problems) == 1 && strings.Contains(problems[0].String(), "a pod's UID"); refused != (want == sentinel.ByHand{}) {
			t.Errorf("%q: told %v", text, problems)
		}
	}
}
