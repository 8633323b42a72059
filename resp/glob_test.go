package resp

import (
	"strings"
	"testing"
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
	if !CompileFold("ANN[A-O]*").Match("announce-ip") {
		t.Error("CompileFold minds the case")
	}
}

// TestPatternMadeToBeSlow: what one match may take depends on the text alone.
func TestPatternMadeToBeSlow(t *testing.T) {
	const channel = "+convert-to-slave"
	for name, pattern := range map[string]string{
		"stars":                strings.Repeat("a*", 8000) + "b",
		"stars that match":     strings.Repeat("*", 16000) + "x",
		"a class with no end":  "*" + strings.Repeat("[", 15900),
		"classes":              "*" + strings.Repeat("[^x]*", 3000),
		"any bytes and a star": "*" + strings.Repeat("?", 15000),
		"as long as the text":  "*" + strings.Repeat("[^x]", len(channel)-1) + "x",
	} {
		if _, steps := Compile(pattern).match(channel); steps > len(channel)*len(channel) {
			t.Errorf("%s: %d steps for %d bytes", name, steps, len(channel))
		}
	}
}

// FuzzGlob compares with the plain recursion that Redis's documentation describes.
func FuzzGlob(f *testing.F) {
	for _, seed := range []string{"*", "[-+]sdown", "a*b?c", `\*[a-`, "[^]x", `[\A-Z]`, "**a**"} {
		f.Add(seed, "+sdown")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(pattern) > 12 || len(text) > 12 {
			t.Skip("the reference takes exponential time")
		}
		for _, fold := range []bool{false, true} {
			if have, want := compile(pattern, fold).Match(text), plainGlob(pattern, text, fold); have != want {
				t.Errorf("%q, %q, fold %v: %v", pattern, text, fold, have)
			}
		}
	})
}

func plainGlob(pattern, text string, fold bool) bool {
	if pattern == "" {
		return text == ""
	}
	if pattern[0] == '*' {
		return plainGlob(pattern[1:], text, fold) || (text != "" && plainGlob(pattern, text[1:], fold))
	}
	if text == "" {
		return false
	}
	next, ok := matchOne(pattern, 0, text[0], fold)
	return ok && plainGlob(pattern[next:], text[1:], fold)
}

// matchOne matches one byte with the pattern's element at p, read anew, and returns where
// the next element begins.
func matchOne(pattern string, p int, c byte, fold bool) (next int, ok bool) {
	switch pattern[p] {
	case '?':
		return p + 1, true
	case '[':
		return matchClass(pattern, p+1, c, fold)
	case '\\':
		if p+1 < len(pattern) {
			p++
		}
	}
	return p + 1, same(pattern[p], c, fold)
}

func matchClass(pattern string, p int, c byte, fold bool) (next int, ok bool) {
	negated := p < len(pattern) && pattern[p] == '^'
	if negated {
		p++
	}
	for p < len(pattern) && pattern[p] != ']' {
		switch {
		case pattern[p] == '\\' && p+1 < len(pattern):
			p++
			ok = ok || pattern[p] == c
		case p+2 < len(pattern) && pattern[p+1] == '-':
			ok = ok || inRange(pattern[p], pattern[p+2], c, fold)
			p += 2
		default:
			ok = ok || same(pattern[p], c, fold)
		}
		p++
	}
	return min(p+1, len(pattern)), ok != negated
}

func inRange(from, to, c byte, fold bool) bool {
	if from > to {
		from, to = to, from
	}
	if fold {
		from, to, c = lower(from), lower(to), lower(c)
	}
	return from <= c && c <= to
}

func same(a, b byte, fold bool) bool {
	return a == b || (fold && lower(a) == lower(b))
}
