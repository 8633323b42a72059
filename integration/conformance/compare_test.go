package conformance

import (
	"testing"

	"github.com/cockroachdb/datadriven"
)

// The comparison itself must be able to fail, in both directions.
func TestCompare(t *testing.T) {
	recorded := &datadriven.TestData{Pos: "file:1", Input: "PING", Expected: "PONG\n"}
	for _, test := range []struct {
		name   string
		listed *divergence
		have   string
		faults int
	}{
		{"same, not listed", nil, "PONG\n", 0},
		{"other, not listed", nil, "PANG\n", 1},
		{"other, listed", &divergence{reason: "r"}, "PANG\n", 0},
		{"same, listed", &divergence{reason: "r"}, "PONG\n", 1},
	} {
		if faults := compare(test.listed, recorded, test.have); len(faults) != test.faults {
			t.Errorf("%s: %v", test.name, faults)
		}
	}
}

func TestMask(t *testing.T) {
	row := value{kind: '*', items: []value{
		{kind: '$', text: "runid"},
		{kind: '$', text: id("a")},
		{kind: '$', text: "info-refresh"},
		{kind: '$', text: "12"},
		{kind: '$', text: "quorum"},
		{kind: '$', text: "2"},
	}}
	const want = "(array)\n  1) \"runid\"\n  2) \"<runid>\"\n  3) \"info-refresh\"\n  4) \"<n>\"\n  5) \"quorum\"\n  6) \"2\""
	if have := render(row, gradeExact); have != want {
		t.Errorf("have %s", have)
	}
}
