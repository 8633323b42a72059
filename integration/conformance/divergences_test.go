package conformance

import (
	"os"
	"strings"
	"testing"
)

// divergences are the intended differences, keyed by file and input.
type divergences map[string]*divergence

type divergence struct {
	reason string
	seen   bool
}

// readDivergences reads lines `file | input | reason`, where input is the one line
// of a directive. Empty lines and lines that begin with # are for people.
func readDivergences(t *testing.T, path string) divergences {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	list := divergences{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := strings.SplitN(line, " | ", 3)
		if len(parts) != 3 || strings.TrimSpace(parts[2]) == "" {
			t.Fatalf("%s: want `file | input | reason`, have %q", path, line)
		}
		list[key(parts[0], parts[1])] = &divergence{reason: parts[2]}
	}
	return list
}

// skip counts those of a file as seen.
func (l divergences) skip(file string) {
	for key, d := range l {
		if strings.HasPrefix(key, file+" | ") {
			d.seen = true
		}
	}
}

func key(file, input string) string {
	return strings.TrimSpace(file) + " | " + strings.TrimSpace(input)
}
