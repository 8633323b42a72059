package conformance

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"
)

const transcripts = "../../testdata/wire"

// TestReal checks that the transcripts are what a real redis-sentinel answers. With
// -rewrite it records them.
func TestReal(t *testing.T) {
	needReal(t)
	servers := startReal(t)
	for _, path := range files(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			tr := newTranscript(servers)
			datadriven.RunTest(t, path, tr.run)
		})
	}
}

// TestService checks that this service answers as recorded, but for the listed
// differences; a listed one that has gone fails, so that the list stays true.
func TestService(t *testing.T) {
	servers := startLiteral(t)
	listed := readDivergences(t, filepath.Join(transcripts, "DIVERGENCES.txt"))
	for _, path := range files(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			tr := newTranscript(servers)
			var faults []string // reported last: the runner stops at the first
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
				fault := compare(listed[key(filepath.Base(path), d.Input)], d, tr.run(t, d))
				faults = append(faults, fault...)
				return d.Expected
			})
			for _, fault := range faults {
				t.Error(fault)
			}
		})
	}
	for input, d := range listed {
		if !d.seen {
			t.Errorf("DIVERGENCES.txt lists what no transcript asks: %s", input)
		}
	}
}

// compare tells what is wrong with an answer, if anything.
func compare(listed *divergence, d *datadriven.TestData, have string) (faults []string) {
	diff := cmp.Diff(d.Expected, have)
	if listed != nil {
		listed.seen = true
	}
	switch {
	case listed == nil && diff != "":
		faults = append(faults, fmt.Sprintf("%s: %s\n(-redis-sentinel +service)\n%s", d.Pos, d.Input, diff))
	case listed != nil && diff == "":
		faults = append(faults, fmt.Sprintf("%s: %s: the divergence has gone, take it off the list: %s", d.Pos, d.Input, listed.reason))
	}
	return faults
}

func files(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(transcripts, "[a-z]*.txt"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no transcripts in %s (%v)", transcripts, err)
	}
	return paths
}
