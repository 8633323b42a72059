package sentinel

import (
	"slices"
	"testing"
)

// TestCrashPoints: an action has the points of its step, and a write of the record
// only where it enters another phase.
func TestCrashPoints(t *testing.T) {
	for _, c := range []struct {
		action        Action
		now           Phase
		before, after []string
	}{
		{Commit{Record{Phase: Promoting}}, Stable, []string{"crash-before-commit-promoting"}, []string{CrashAfterElection, "crash-after-commit-promoting"}},
		{Commit{Record{Phase: Promoting}}, Promoting, nil, []string{CrashAfterElection}},
		{Commit{Record{Phase: Stable}}, Switching, []string{"crash-before-commit-stable"}, []string{"crash-after-commit-stable"}},
		{Commit{Record{Phase: Stable}}, Stable, nil, nil},
		{Promote{}, Promoting, []string{"crash-before-promote"}, []string{CrashAfterPromotion, "crash-after-promote"}},
		{Inspect{}, Stable, nil, nil},
	} {
		before, after := CrashPoints(c.action, c.now)
		if !slices.Equal(before, c.before) || !slices.Equal(after, c.after) {
			t.Errorf("%#v in %q: %v and %v, want %v and %v", c.action, c.now, before, after, c.before, c.after)
		}
	}
}

// TestSimulatedPoints: every step that an action can be has its words, and nothing else.
func TestSimulatedPoints(t *testing.T) {
	actions := []Action{Freeze{}, Pause{}, AwaitOffset{}, Demote{}, Promote{}, Follow{}}
	for _, phase := range []Phase{Failing, Promoting, Stable, Switching} {
		actions = append(actions, Commit{Record{Phase: phase}})
	}
	met := map[string]bool{}
	for _, a := range actions {
		step := stepOf(a, NoRecord)
		met[step] = true
		for _, word := range []string{crashBefore + step, crashAfter + step} {
			if !SimulatedPoint(word) {
				t.Errorf("%s is not known", word)
			}
		}
	}
	for _, step := range simulatedSteps {
		if !met[step] {
			t.Errorf("no action is the step %s", step)
		}
	}
	for _, word := range []string{"", "crash-after-", "crash-before-inspect", "promote", CrashAfterElection} {
		if SimulatedPoint(word) {
			t.Errorf("%q is known", word)
		}
	}
}
