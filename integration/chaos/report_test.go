package chaos

import (
	"strings"
	"testing"
	"time"
)

// TestReport: each figure is the one that the history gives.
func TestReport(t *testing.T) {
	h := good()
	h.Outcomes[0].Sets = []SetOutcome{{Concerned: true, Acked: 100, Lost: 3, MayLose: true, Gap: 40 * time.Millisecond}}
	for n := range 4 {
		o := dying()
		o.Sets = []SetOutcome{{Concerned: true, Acked: 10, Gap: time.Duration(n+1) * second}}
		if n == 3 {
			o.Deaths, o.Succeeded = []Death{{Point: "crash-after-promote"}}, true
			o.Step = append(o.Step, Fault{Kind: DrainNode})
			o.Sets[0].Lost = 2
		}
		h.Outcomes = append(h.Outcomes, o)
	}
	for _, at := range []time.Duration{6 * second, 7 * second} { // after the successor's first, at 5 s
		h.Acks = append(h.Acks, Ack{Process: "a", Began: at, Ended: at})
	}
	text := Report(h, 7, Check(h, 1))
	for what, want := range map[string]string{
		"the seed":                         "seed 7: 5 steps",
		"a kind's losses and gaps":         "delete master 1 3 100 40ms 40ms 40ms",
		"a kind's median, p99 and worst":   "leader dies after promote on kill master 3 0 30 2s 3s 3s",
		"pairs":                            "any two 1 2 10 4s 4s 4s",
		"a pair that lost":                 "lost: leader dies after promote on kill master + drain master's node 1 2 10",
		"how often a step was met":         "leader dies after promote on kill master 3 1 1 1",
		"windows of two masters, as one":   "double-master windows: 1, the longest 2s",
		"losses, and those not to explain": "acknowledged writes lost: 5 of 140, of these 2 where no master was hurt",
	} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), want) {
			t.Errorf("%s: %q is not told in\n%s", what, want, text)
		}
	}
}

// TestWindows: windows of two successors are two, and a good run has none.
func TestWindows(t *testing.T) {
	if n, longest := windows(Check(good(), 1)); n != 0 || longest != 0 {
		t.Errorf("%d windows of up to %s in a good run", n, longest)
	}
	n, longest := windows([]Violation{
		{Promise: OneMaster, Since: second, At: 2 * second},
		{Promise: OneMaster, Since: second, At: 4 * second},
		{Promise: OneMaster, Since: 9 * second, At: 9 * second},
		{Promise: OneMaster, Set: 1, Since: second, At: 2 * second},
		{Promise: NoWipe, At: 30 * second},
	})
	if n != 3 || longest != 3*second {
		t.Errorf("%d windows of up to %s, want 3 of up to 3s", n, longest)
	}
}
