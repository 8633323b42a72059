package node

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestShown: what a Redis says of itself is short and harms no terminal.
func TestShown(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "redis-0.redis": "redis-0.redis", "größer als 7": "größer als 7",
		"\x1b[2Jgone\r\n": "?[2Jgone??", "\xff\xfe": "??",
		strings.Repeat("x", mostShown+1):     strings.Repeat("x", mostShown),
		"x" + strings.Repeat("é", mostShown): "x" + strings.Repeat("é", mostShown/2-1) + "?",
	} {
		if got := shown(text); got != want || len(got) > mostShown {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// TestBriefly: an error is told in short, and stays what it is.
func TestBriefly(t *testing.T) {
	err := briefly(fmt.Errorf("%s: %w", strings.Repeat("x", 5000), io.EOF))
	if len(err.Error()) > mostShown || !errors.Is(err, io.EOF) {
		t.Errorf("%d bytes, %v", len(err.Error()), errors.Is(err, io.EOF))
	}
	if _, is := errors.AsType[brief](briefly(io.EOF)); is {
		t.Error("a short error is wrapped")
	}
}

// TestIDs are as Redis makes them.
func TestIDs(t *testing.T) {
	for id, want := range map[string]bool{
		anID: true, noReplID: true, "": false, anID[1:]: false, anID + "0": false, strings.ToUpper(anID): false, "g" + anID[1:]: false, anID[:20] + " " + anID[21:]: false,
	} {
		if isID(id) != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
}
