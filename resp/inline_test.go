package resp

import (
	"strings"
	"testing"
)

// FuzzInline holds that a line is cut without loss: what was cut out can be quoted and
// cut again to the same arguments, and a line never gives more bytes than it has.
func FuzzInline(f *testing.F) {
	for _, seed := range []string{
		"PING", " a  b ", `"a\x41\n" 'it\'s'`, `a"b c"`, `"open`, `'`, "a\x00b", `"\`, `""''`, "SENTINEL masters\r\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		args, ok := splitInline([]byte(line))
		if !ok {
			if args != nil {
				t.Fatal("arguments of a line that is refused")
			}
			return
		}
		var again strings.Builder
		size := 0
		for _, arg := range args {
			size += len(arg)
			again.WriteString(`"` + escaped(arg) + `" `)
		}
		if size > len(line) {
			t.Fatalf("%d bytes of a line of %d", size, len(line))
		}
		back, ok := splitInline([]byte(again.String()))
		if !ok || len(back) != len(args) {
			t.Fatalf("%q is cut into %q, and %q into %q", line, args, again.String(), back)
		}
		for i := range args {
			if string(args[i]) != string(back[i]) {
				t.Fatalf("%q came back as %q", args[i], back[i])
			}
		}
	})
}

// escaped writes every byte as \xHH.
func escaped(arg []byte) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range arg {
		b.WriteString(`\x`)
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}
