package resp

import (
	"strings"
	"testing"
	"time"
)

func TestGlob(t *testing.T) {
	for _, test := range []struct {
		pattern, text string
		want          bool
	}{
		{"*", "", true},
		{"*", "+switch-master", true},
		{"**", "x", true},
		{"", "", true},
		{"", "a", false},
		{"+sdown", "+sdown", true},
		{"+sdown", "-sdown", false},
		{"[-+]sdown", "+sdown", true},
		{"[-+]sdown", "-sdown", true},
		{"[-+]sdown", "xsdown", false},
		{"h?llo", "hello", true},
		{"h?llo", "hllo", false},
		{"h[ae]llo", "hallo", true},
		{"h[^e]llo", "hello", false},
		{"h[^e]llo", "hallo", true},
		{"h[a-c]llo", "hbllo", true},
		{"h[c-a]llo", "hbllo", true},
		{"h[a-c]llo", "hdllo", false},
		{`h\*llo`, "h*llo", true},
		{`h\*llo`, "hello", false},
		{`[\]]`, "]", true},
		{`a\`, `a\`, true},
		{"[]", "", false},
		{"[]", "a", false},
		{"[^]", "a", true},
		{"[abc", "b", true},
		{"[a-", "a", true},
		{"[+-]x*", "+x", false},
		{"[+-]x*", "+", true},
		{"a*b*c", "aXbYbZc", true},
		{"a*b*c", "aXbYbZ", false},
		{"?", "\xff", true},
		{"??", "é", true},
		{"A", "a", false},
	} {
		if have := Glob(test.pattern, test.text); have != test.want {
			t.Errorf("Glob(%q, %q) = %v", test.pattern, test.text, have)
		}
	}
	if !GlobFold("ANN[A-O]*", "announce-ip") {
		t.Error("GlobFold minds the case")
	}
}

// A pattern made to be slow must not be.
func TestGlobIsBounded(t *testing.T) {
	start := time.Now()
	Glob(strings.Repeat("a*", 5000)+"b", strings.Repeat("a", 10000))
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("took %v", took)
	}
}

// FuzzGlob compares with the plain recursion that Redis's documentation describes.
func FuzzGlob(f *testing.F) {
	for _, seed := range []string{"*", "[-+]sdown", "a*b?c", `\*[a-`, "[^]x"} {
		f.Add(seed, "+sdown")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 12 || len(text) > 12 {
			t.Skip("the reference takes exponential time")
		}
		if have, want := Glob(pattern, text), plainGlob(pattern, text); have != want {
			t.Errorf("Glob(%q, %q) = %v", pattern, text, have)
		}
	})
}

func plainGlob(pattern, text string) bool {
	if pattern == "" {
		return text == ""
	}
	if pattern[0] == '*' {
		return plainGlob(pattern[1:], text) || (text != "" && plainGlob(pattern, text[1:]))
	}
	if text == "" {
		return false
	}
	next, ok := matchOne(pattern, 0, text[0], false)
	return ok && plainGlob(pattern[next:], text[1:])
}
