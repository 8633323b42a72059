package conformance

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestRedisTestsAreHeld: every expectation of Redis's own tests that applies names
// tests of ours, and they exist.
func TestRedisTestsAreHeld(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(transcripts, "REDIS_TESTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(string(data)) {
		cells := strings.Split(line, " | ")
		if len(cells) != 3 || strings.HasPrefix(line, "| file") || strings.HasPrefix(line, "| ---") {
			continue
		}
		rows++
		held := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1)
		if len(held) == 0 {
			t.Errorf("nothing holds %s", line)
		}
		for _, by := range held {
			if !exists(t, by[1]) {
				t.Errorf("%s: there is no %s", cells[1], by[1])
			}
		}
	}
	if rows < 50 {
		t.Errorf("only %d rows found", rows)
	}
}

// exists tells whether there is such a test, line of a transcript, or story.
func exists(t *testing.T, name string) bool {
	t.Helper()
	if file, line, found := strings.Cut(name, ": "); found {
		text, err := os.ReadFile(filepath.Join(transcripts, file))
		return err == nil && strings.Contains(string(text), "\n"+line+"\n")
	}
	folder, test, found := strings.Cut(name, " ")
	if !found {
		_, err := os.Stat(filepath.Join("../../testdata", name))
		return err == nil
	}
	paths, _ := filepath.Glob(filepath.Join("../..", folder, "*_test.go"))
	for _, path := range paths {
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), "\nfunc "+test+"(t *testing.T)") {
			return true
		}
	}
	return false
}
