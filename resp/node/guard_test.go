package node

import (
	"strconv"
	"strings"
	"testing"
)

// TestGuard: what a Redis says passes, in whatever pieces it comes; what go-redis would
// make too much room for does not.
func TestGuard(t *testing.T) {
	bulk := "$" + strconv.Itoa(maxBulk) + "\r\n"
	for _, c := range []struct {
		name, reply string
		passes      bool
	}{
		{"replies", "+OK\r\n-ERR no\r\n:-7\r\n$5\r\n*9\r\n\n\r\n*2\r\n$-1\r\n_\r\n%1\r\n+a\r\n,1.5\r\n=7\r\ntxt:abc\r\n>1\r\n#t\r\n", true},
		{"a null array", "*-1\r\n", true},
		{"the longest bulk", bulk, true},
		{"its body", bulk + strings.Repeat("*", maxBulk) + "\r\n$9\r\n", true},
		{"the longest array", "*" + strconv.Itoa(maxElements) + "\r\n", true},
		{"an absurd bulk", "$9223372036854775807\r\n", false},
		{"more than a number", "$99999999999999999999\r\n", false},
		{"a negative bulk", "$-2\r\n", false},
		{"a bulk that is too long", "$" + strconv.Itoa(maxBulk+1) + "\r\n", false},
		{"an array that is too long", "*" + strconv.Itoa(maxElements+1) + "\r\n", false},
		{"an absurd map", "%9223372036854775807\r\n", false},
		{"no number", "$x\r\n", false},
		{"a line without end", "+" + strings.Repeat("x", maxLine+1), false},
		{"nonsense of another protocol", strings.Repeat("\x00\xff", maxLine), false},
	} {
		for _, piece := range []int{1, 7, 1 << 20} {
			if piece == 1 && len(c.reply) > 1<<20 {
				continue // takes long and shows nothing else
			}
			var g guard
			var err error
			for rest := c.reply; rest != "" && err == nil; {
				n := min(piece, len(rest))
				err = g.pass([]byte(rest[:n]))
				rest = rest[n:]
			}
			if (err == nil) != c.passes {
				t.Errorf("%s in pieces of %d: %v", c.name, piece, err)
			}
		}
	}
}

// FuzzGuard: however the bytes are cut, the verdict is the same, and no more is kept than
// a line may have.
func FuzzGuard(f *testing.F) {
	f.Add([]byte("*1\r\n$3\r\nabc\r\n"), 3)
	f.Add([]byte("$9223372036854775807\r\n"), 1)
	f.Fuzz(func(t *testing.T, reply []byte, piece int) {
		piece = 1 + (piece%16+16)%16
		var whole, cut guard
		want := whole.pass(reply)
		var got error
		for rest := reply; len(rest) > 0 && got == nil; {
			n := min(piece, len(rest))
			got = cut.pass(rest[:n])
			rest = rest[n:]
		}
		if (want == nil) != (got == nil) {
			t.Errorf("whole: %v; in pieces of %d: %v", want, piece, got)
		}
		if len(cut.line) > maxLine+16 {
			t.Errorf("%d bytes are kept", len(cut.line))
		}
	})
}
