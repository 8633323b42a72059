package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const ms = time.Millisecond

func wiped(fulls int) crashed {
	return crashed{kept: []int{0, 0, 0}, toWrite: never, direct: never, toSwitch: never, fulls: fulls, withEmpty: 7, settled: true}
}

func saved(write, heard time.Duration) crashed {
	return crashed{kept: []int{keys, keys, keys}, toWrite: write, direct: write / 2, toSwitch: heard, fulls: 1, settled: true}
}

func TestTable(t *testing.T) {
	open := wiped(2)
	open.settled = false
	open.kept = []int{0, 10, 0}
	results := []result[crashed]{
		{"them", []crashed{wiped(2), open, wiped(3)}},
		{"us", []crashed{saved(90*ms, 3*ms), saved(20*ms, 1*ms), saved(11*time.Second, never), saved(30*ms, 2*ms)}},
		{"nobody", nil},
	}
	got := table(crash().figures, results) + notes(crash().notes, results)
	want := `
| median / worst, rounds: 4                        | them (rounds: 3) | us                  | nobody (rounds: 0) |
| ------------------------------------------------ | ---------------- | ------------------- | ------------------ |
| keys left on the killed node                     | 0 / 0            | 10000 / 10000       | -                  |
| keys left on the first other                     | 0 / 0            | 10000 / 10000       | -                  |
| keys left on the second other                    | 0 / 0            | 10000 / 10000       | -                  |
| first write acknowledged by a node with the data | never / never    | 90.0 ms / 11.0 s    | -                  |
| the same, asking every node directly             | never / never    | 45.0 ms / 5500.0 ms | -                  |
| +switch-master heard from all Sentinels          | none / none      | 3.0 ms / none       | -                  |
| full resyncs                                     | 2 / 3            | 1 / 1               | -                  |
| writes acknowledged by an empty master           | 7 / 7            | 0 / 0               | -                  |

them: in 2 of 3 rounds no node had any of the data left.
them: 1 of 3 rounds were not settled within 40s.
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

// TestTableOfUnmeasured: a side without Sentinels has no figure for their clients.
func TestTableOfUnmeasured(t *testing.T) {
	alone := switched{gapVia: unmeasured, gapDirect: 200 * ms, lostVia: unmeasured, lostDirect: 1, heard: unmeasured, settled: true}
	watched := switched{gapVia: 20 * ms, gapDirect: 10 * ms, lostVia: 3, twoMasters: 2 * ms, heard: 5 * ms, fulls: 1, settled: true}
	got := table(switchover().figures, []result[switched]{{"alone", []switched{alone}}, {"watched", []switched{watched}}})
	want := `
| median / worst, rounds: 1                                 | alone               | watched           |
| --------------------------------------------------------- | ------------------- | ----------------- |
| longest gap between acknowledged writes, Sentinel clients | -                   | 20.0 ms / 20.0 ms |
| longest gap, asking every node directly                   | 200.0 ms / 200.0 ms | 10.0 ms / 10.0 ms |
| acknowledged writes lost, Sentinel clients                | -                   | 3 / 3             |
| acknowledged writes lost, asking every node               | 1 / 1               | 0 / 0             |
| two masters that take writes                              | 0.0 ms / 0.0 ms     | 2.0 ms / 2.0 ms   |
| command to +switch-master at all three                    | -                   | 5.0 ms / 5.0 ms   |
| full resyncs                                              | 0 / 0               | 1 / 1             |
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

// TestUnknownIsTheWorst: a round whose losses nobody could count is no good round.
func TestUnknownIsTheWorst(t *testing.T) {
	f := counted("", func(r switched) int { return r.lostVia })
	if got, want := f.cell([]switched{{lostVia: 0}, {lostVia: unknown}, {lostVia: 7}}, false), "7 / unknown"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// TestPercentile: enough rounds bring a third figure, which is not the worst one.
func TestPercentile(t *testing.T) {
	var rounds []switched
	for n := manyRounds; n > 0; n-- {
		rounds = append(rounds, switched{gapVia: time.Duration(n) * ms})
	}
	got := table(switchover().figures[:1], []result[switched]{{"us", rounds}})
	for _, want := range []string{"median / 99 % / worst, rounds: 100", "51.0 ms / 99.0 ms / 100.0 ms"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, got)
		}
	}
}

func TestMedianAndWorst(t *testing.T) {
	rows := map[string]figure[crashed]{}
	for _, f := range crash().figures {
		rows[f.name] = f
	}
	var rounds []crashed
	for _, kept := range []int{keys, 3, keys, keys, 5} {
		rounds = append(rounds, crashed{kept: []int{keys, kept, keys}, toWrite: time.Duration(kept)})
	}
	for name, want := range map[string][2]int64{
		"keys left on the first other":                     {keys, 3}, // fewer is worse
		"first write acknowledged by a node with the data": {keys, keys},
		"keys left on the killed node":                     {keys, keys},
	} {
		f, ok := rows[name]
		if !ok {
			t.Fatalf("no row %q", name)
		}
		values := f.sorted(rounds)
		if got := [2]int64{median(values), worst(values)}; got != want {
			t.Errorf("%s: median and worst %v, want %v", name, got, want)
		}
	}
}

func TestNeverIsTheWorst(t *testing.T) {
	f := timed("", "never", func(r crashed) time.Duration { return r.toWrite })
	for _, c := range []struct {
		times         []time.Duration
		median, worst time.Duration
	}{
		{[]time.Duration{never, ms, 2 * ms}, 2 * ms, never},
		{[]time.Duration{never, never, 2 * ms}, never, never},
		{[]time.Duration{3 * ms}, 3 * ms, 3 * ms},
		{[]time.Duration{never, 5 * ms}, never, never},
	} {
		var rounds []crashed
		for _, d := range c.times {
			rounds = append(rounds, crashed{toWrite: d})
		}
		values := f.sorted(rounds)
		if got, bad := median(values), worst(values); got != int64(c.median) || bad != int64(c.worst) {
			t.Errorf("%v: median %s, worst %s, want %s and %s", c.times, time.Duration(got), time.Duration(bad), c.median, c.worst)
		}
	}
}
