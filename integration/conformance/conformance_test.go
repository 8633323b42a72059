package conformance

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/google/go-cmp/cmp"
)

// report is a file to which the tables of how the cases compared are appended.
var report = flag.String("report", "", "file for the tables of compared cases")

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
// differences; a listed one that has gone fails, so that the list stays true. It runs
// on literal views, without sockets, Kubernetes or Redis.
func TestService(t *testing.T) { holds(t, startLiteral(t), "in process, on a literal view") }

// TestWired checks the same of the service with all its parts but Kubernetes: over
// sockets, probing real Redis at the addresses of the transcripts.
func TestWired(t *testing.T) {
	needReal(t)
	holds(t, startWired(t), "over sockets, on real Redis")
}

// holds runs all transcripts against servers and prints how the cases compared.
func holds(t *testing.T, servers servers, title string) {
	t.Helper()
	listed := readDivergences(t, filepath.Join(transcripts, "DIVERGENCES.txt"))
	compared := counts{}
	for _, path := range files(t) {
		if absent := lacking(t, path, servers); absent != "" {
			listed.skip(filepath.Base(path))
			continue
		}
		t.Run(filepath.Base(path), func(t *testing.T) {
			tr := newTranscript(servers)
			var faults []string // reported last: the runner stops at the first
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
				entry := listed[key(filepath.Base(path), d.Input)]
				fault := compare(entry, d, tr.run(t, d))
				compared.note(d, entry, fault)
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
	if *report != "" {
		appendTo(t, *report, compared.table(title))
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

// lacking names a server that a transcript needs and that is not there.
func lacking(t *testing.T, path string, servers servers) (absent string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, match := range regexp.MustCompile(`(?m)^(?:conn|raw) .*\bat=(\w+)`).FindAllStringSubmatch(string(data), -1) {
		if servers[match[1]] == nil {
			absent = match[1]
		}
	}
	return absent
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}
