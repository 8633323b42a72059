package sentinel

import (
	"slices"
	"strings"
)

// SENTINEL SIMULATE-FAILURE ends the leader's process at a point of its work. Besides
// the two points that a Sentinel knows there is one before and one after each step of an
// operation: crash-before-<step>, crash-after-<step>. They are of no use but to tests
// that want to see the next leader go on from there, and are known only where the
// service was started with --enable-debug-commands.
//
// A step named after a phase is the write with which the record enters that phase;
// those that leave the phase as it is do not count. What is sent to several at once,
// such as freeze, is met by the first that is about to be done, or was.
var simulatedSteps = []string{
	"commit-failing", "commit-promoting", "commit-stable", "commit-switching",
	"freeze", "pause", "await-offset", "demote", "promote", "follow",
}

// SimulateNothing takes a wish back that no leader has met.
const SimulateNothing = "none"

const (
	crashBefore = "crash-before-"
	crashAfter  = "crash-after-"
)

// SimulatedPoint tells whether a word, in lower case, is one of the service's own.
func SimulatedPoint(word string) bool {
	step, before := strings.CutPrefix(word, crashBefore)
	if !before {
		step, before = strings.CutPrefix(word, crashAfter)
	}
	return word == SimulateNothing || before && slices.Contains(simulatedSteps, step)
}

// CrashPoints are the points before and after an action, all of them, given the phase
// that the record is in.
func CrashPoints(a Action, now Phase) (before, after []string) {
	switch a := a.(type) {
	case Commit:
		if a.Record.Phase == Switching || a.Record.Phase == Promoting {
			after = append(after, CrashAfterElection)
		}
	case Promote:
		after = append(after, CrashAfterPromotion)
	}
	if step := stepOf(a, now); step != "" {
		before, after = append(before, crashBefore+step), append(after, crashAfter+step)
	}
	return before, after
}

func stepOf(a Action, now Phase) string {
	switch a := a.(type) {
	case Commit:
		if a.Record.Phase != now {
			return "commit-" + strings.ToLower(string(a.Record.Phase))
		}
	case Freeze:
		return "freeze"
	case Pause:
		return "pause"
	case AwaitOffset:
		return "await-offset"
	case Demote:
		return "demote"
	case Promote:
		return "promote"
	case Follow:
		return "follow"
	}
	return ""
}
