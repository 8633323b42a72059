package sentinel

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestManual holds that doc.go names only what exists: tests, stories and kinds of
// chaos; and that each story has its place there.
func TestManual(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	manual := string(text)
	_, faults, found := strings.Cut(manual, "# Faults, and where each is told and tried")
	if !found {
		t.Fatal("no table of faults")
	}
	faults, _, _ = strings.Cut(faults, "# What is not promised")

	tests := declared(t, "..", regexp.MustCompile(`(?m)^func (Test\w+)\(`))
	for _, name := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(manual, -1) {
		if !tests[name] {
			t.Errorf("there is no test %s", name)
		}
	}
	kinds := declared(t, "../integration/chaos", regexp.MustCompile(`Kind += +"([^"]+)"`))
	for _, quoted := range regexp.MustCompile(`"([^"]+)"`).FindAllStringSubmatch(faults, -1) {
		if name := quoted[1]; !kinds[name] {
			t.Errorf("there is no kind of chaos %q", name)
		}
	}
	stories, err := filepath.Glob("../testdata/decisions/*.txt")
	if err != nil || len(stories) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, path := range stories {
		name := strings.TrimSuffix(filepath.Base(path), ".txt")
		if name != "candidates" && !regexp.MustCompile(`[ ,]`+name+`[ ,\n]`).MatchString(faults) {
			t.Errorf("the table of faults lacks the story %s", name)
		}
	}
	for row := range strings.Lines(faults) {
		fields := regexp.MustCompile(`  +`).Split(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(row), "//")), -1)
		if len(fields) < 3 || strings.HasPrefix(fields[1], "none") {
			continue
		}
		for name := range strings.SplitSeq(fields[1], ", ") {
			if _, err := os.Stat("../testdata/decisions/" + name + ".txt"); err != nil {
				t.Errorf("%q: there is no story %s", fields[0], name)
			}
		}
	}
}

// declared collects what a pattern finds in the Go files below a folder.
func declared(t *testing.T, dir string, pattern *regexp.Regexp) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range pattern.FindAllStringSubmatch(string(text), -1) {
			found[match[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
