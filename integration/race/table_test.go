package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const ms = time.Millisecond

func lost(fulls int) round {
	return round{toWrite: never, direct: never, toSwitch: never, fulls: fulls, withEmpty: 7, settled: true}
}

func saved(write, heard time.Duration) round {
	return round{kept: [3]int{keys, keys, keys}, toWrite: write, direct: write / 2, toSwitch: heard, fulls: 1, settled: true}
}

func TestTable(t *testing.T) {
	unsettled := lost(2)
	unsettled.settled = false
	unsettled.kept = [3]int{0, 10, 0}
	got := table([]result{
		{"them", []round{lost(2), unsettled, lost(3)}},
		{"us", []round{saved(90*ms, 3*ms), saved(20*ms, 1*ms), saved(11*time.Second, never), saved(30*ms, 2*ms)}},
	})
	want := `
median / worst                                    them           us
--------------                                    ----           --
keys left on the killed node                      0 / 0          10000 / 10000
keys left on the first other                      0 / 0          10000 / 10000
keys left on the second other                     0 / 0          10000 / 10000
first write acknowledged by a node with the data  never / never  90.0 ms / 11.0 s
the same, asking every node directly              never / never  45.0 ms / 5500.0 ms
+switch-master heard from all Sentinels           none / none    3.0 ms / none
full resyncs                                      2 / 3          1 / 1
writes acknowledged by an empty master            7 / 7          0 / 0

them: in 2 of 3 rounds no node had any of the data left.
them: 1 of 3 rounds were not settled within 40s.
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), got); diff != "" {
		t.Errorf("table (-want +got):\n%s", diff)
	}
}

func TestMedianAndWorst(t *testing.T) {
	rows := map[string]figure{}
	for _, f := range figures() {
		rows[f.name] = f
	}
	var rounds []round
	for _, kept := range []int{keys, 3, keys, keys, 5} {
		rounds = append(rounds, round{kept: [3]int{keys, kept, keys}, toWrite: time.Duration(kept)})
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
		median, worst := f.medianAndWorst(rounds)
		if got := [2]int64{median, worst}; got != want {
			t.Errorf("%s: median and worst %v, want %v", name, got, want)
		}
	}
}

func TestNeverIsTheWorst(t *testing.T) {
	f := figure{read: func(r round) int64 { return int64(r.toWrite) }, worse: later}
	for _, c := range []struct {
		times         []time.Duration
		median, worst time.Duration
	}{
		{[]time.Duration{never, ms, 2 * ms}, 2 * ms, never},
		{[]time.Duration{never, never, 2 * ms}, never, never},
		{[]time.Duration{3 * ms}, 3 * ms, 3 * ms},
		{[]time.Duration{never, 5 * ms}, never, never},
	} {
		var rounds []round
		for _, d := range c.times {
			rounds = append(rounds, round{toWrite: d})
		}
		median, worst := f.medianAndWorst(rounds)
		if median != int64(c.median) || worst != int64(c.worst) {
			t.Errorf("%v: median %s, worst %s, want %s and %s", c.times, time.Duration(median), time.Duration(worst), c.median, c.worst)
		}
	}
}
