package conformance

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// outcome is how a case of a transcript compared.
type outcome int

const (
	equal outcome = iota
	equalShape
	different // as listed
	wrong
)

// counts are the cases of each command by outcome.
type counts map[string]*[4]int

// note counts the lines of a directive, each a case of its command.
func (c counts) note(d *datadriven.TestData, listed *divergence, faults []string) {
	result := equal
	grade := gradeExact
	for _, arg := range d.CmdArgs {
		if arg.Key == "grade" {
			grade = arg.Vals[0]
		}
	}
	switch {
	case len(faults) > 0:
		result = wrong
	case listed != nil:
		result = different
	case grade == gradeShape || grade == gradeCode:
		result = equalShape
	}
	for line := range strings.SplitSeq(d.Input, "\n") {
		name := commandOf(d.Cmd, line)
		if !known[name] && name[0] != '(' {
			name = "(unknown)"
		}
		if c[name] == nil {
			c[name] = &[4]int{}
		}
		c[name][result]++
	}
}

// known are all commands of the service, spelled as in commandOf.
var known = func() map[string]bool {
	names := map[string]bool{}
	command.New(command.Options{Store: store.New()}).Calls(func(name string, _ uint64) {
		names[strings.ToUpper(strings.ReplaceAll(name, "|", " "))] = true
	})
	return names
}()

// containers are commands whose second word belongs to the name.
var containers = []string{"ACL", "CLIENT", "COMMAND", "SENTINEL"}

// commandOf names the command of a line.
func commandOf(directive, line string) string {
	if directive == "raw" {
		return "(bytes)"
	}
	words := strings.Fields(strings.ToUpper(line))
	switch {
	case len(words) == 0:
		return "(messages)"
	case len(words) > 1 && slices.Contains(containers, words[0]):
		return words[0] + " " + words[1]
	}
	return words[0]
}

// table prints the counts.
func (c counts) table(title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s\n%-38s %6s %6s %10s %6s\n", title, "command", "equal", "shape", "different", "wrong")
	sum := [4]int{}
	for _, name := range slices.Sorted(maps.Keys(c)) {
		n := c[name]
		fmt.Fprintf(&b, "%-38s %6d %6d %10d %6d\n", name, n[equal], n[equalShape], n[different], n[wrong])
		for i := range sum {
			sum[i] += n[i]
		}
	}
	fmt.Fprintf(&b, "%-38s %6d %6d %10d %6d\n", fmt.Sprintf("all %d", len(c)), sum[equal], sum[equalShape], sum[different], sum[wrong])
	return b.String()
}

func TestCounts(t *testing.T) {
	c := counts{}
	parse := func(text string) *datadriven.TestData {
		var found *datadriven.TestData
		datadriven.RunTestFromString(t, text, func(_ *testing.T, d *datadriven.TestData) string {
			found = d
			return d.Expected
		})
		return found
	}
	c.note(parse("conn a\nsentinel MASTERS\nPING\n----\nx\n"), nil, nil)
	c.note(parse("conn a grade=shape\nINFO\n----\nx\n"), nil, nil)
	c.note(parse("conn a\nPING\n----\nx\n"), &divergence{}, nil)
	c.note(parse("raw a\n\\r\\n\n----\nx\n"), nil, []string{"a fault"})
	for name, want := range map[string][4]int{"SENTINEL MASTERS": {1}, "PING": {1, 0, 1}, "INFO": {0, 1}, "(bytes)": {0, 0, 0, 1}} {
		if c[name] == nil || *c[name] != want {
			t.Errorf("%s: %v, want %v", name, c[name], want)
		}
	}
}
