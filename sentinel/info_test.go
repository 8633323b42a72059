package sentinel

import "testing"

// TestInfoKeepsTheText: what is shared is put together again, and is shared indeed.
func TestInfoKeepsTheText(t *testing.T) {
	text := "# Server\r\nredis_version:7.0.15\r\nempty:\r\nwith:two:colons\r\n\r\n# Keyspace\r\ndb0:keys=1,expires=0\r\n"
	if got := NewInfo(text).String(); got != text {
		t.Errorf("got %q, want %q", got, text)
	}
	if got := (Info{}).String(); got != "" {
		t.Errorf("nothing is %q", got)
	}
	var b InfoBuilder
	var made [3]Info
	for i, line := range []string{"a:1", "a:2", "b:1"} {
		b.Line([]byte("# Head"))
		b.Line([]byte(line))
		made[i] = b.Info()
	}
	if made[0].shape != made[1].shape || made[1].shape == made[2].shape {
		t.Error("equal shapes are not one, or others are")
	}
	if got, want := made[1].String(), "# Head\r\na:2\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
