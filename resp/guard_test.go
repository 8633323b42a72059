package resp

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/tidwall/redcon"
)

// parse feeds the bytes to a guard in pieces of the given size, as a session does,
// and returns the requests or the error that ended them.
func parse(data string, piece int, trusted bool) (requests [][]string, err error) {
	g := newGuard(Options{}.withDefaults())
	in := input{buf: make([]byte, 16)}
	for len(data) > 0 {
		n := copy(in.space(), data[:min(piece, len(data))])
		in.add(n)
		data = data[n:]
		for {
			found, size, err := g.next(in.pending(), trusted)
			if err != nil {
				return requests, err
			}
			if found == incomplete {
				break
			}
			request, err := split(found, in.take(size))
			if err != nil {
				return requests, err
			}
			if len(request) > 0 {
				requests = append(requests, request)
			}
		}
	}
	return requests, nil
}

func split(found frame, raw []byte) (request []string, err error) {
	var args [][]byte
	switch found {
	case multibulk:
		var complete bool
		complete, args, _, _, err = redcon.ReadNextCommand(raw, nil)
		if err == nil && !complete {
			err = errors.New("redcon wants more than guard")
		}
	case inline:
		var ok bool
		if args, ok = splitInline(raw); !ok {
			err = errUnbalanced
		}
	}
	for _, arg := range args {
		request = append(request, string(arg))
	}
	return request, err
}

func TestGuardRefuses(t *testing.T) {
	for _, test := range []struct {
		name, data string
		untrusted  bool
		want       protocolError
	}{
		{"a bulk length that overflows", "*1\r\n$9223372036854775807\r\nx", false, errBulkLength},
		{"a count that never ends", "*9223372036854775807\r\n", false, errMultibulkLength},
		{"one argument too many", "*1025\r\n", false, errMultibulkLength},
		{"a bulk too big", "*1\r\n$16385\r\n", false, errBulkLength},
		{"a request too big in all", "*5\r\n" + strings.Repeat("$16384\r\n"+strings.Repeat("x", 16384)+"\r\n", 5), false, errBulkLength},
		{"a negative bulk", "*1\r\n$-1\r\n", false, errBulkLength},
		{"a count that is no number", "*a\r\n", false, errMultibulkLength},
		{"a leading zero", "*01\r\n", false, errMultibulkLength},
		{"a length with no end", "*1\r\n$" + strings.Repeat("1", 100), false, errBigBulkCount},
		{"a count with no end", "*" + strings.Repeat("1", 100), false, errBigCount},
		{"no bulk", "*1\r\nPING\r\n", false, "expected '$', got 'P'"},
		{"a line with no end", strings.Repeat("a", 17<<10), false, errBigInline},
		{"a line too long", strings.Repeat("a", 17<<10) + "\r\n", false, errBigInline},
		{"open quotes", "PING \"a\r\n", false, errUnbalanced},
		{"many arguments before AUTH", "*11\r\n", true, errUntrustedCount},
		{"a big bulk before AUTH", "*1\r\n$4097\r\n", true, errUntrustedBulk},
		{"big bulks in all before AUTH", "*3\r\n$4\r\nAUTH\r\n$2048\r\n" + strings.Repeat("x", 2048) + "\r\n$2048\r\n", true, errUntrustedBulk},
		{"a big line before AUTH", strings.Repeat("a", 4200), true, errBigInline},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, piece := range []int{1, 7, 1 << 20} {
				_, err := parse("PING\r\n"+test.data, piece, !test.untrusted)
				if !errors.Is(err, test.want) {
					t.Errorf("in pieces of %d: error %v, want %v", piece, err, test.want)
				}
			}
		})
	}
}

func TestGuardAccepts(t *testing.T) {
	for _, test := range []struct {
		name, data string
		want       [][]string
	}{
		{"empty requests", "*0\r\n*-1\r\n*-5\r\n\r\nPING\r\n", [][]string{{"PING"}}},
		{"an empty argument", "*1\r\n$0\r\n\r\n", [][]string{{""}}},
		{"any bytes", "*1\r\n$5\r\n\r\n*$\x00\r\n", [][]string{{"\r\n*$\x00"}}},
		{"any two bytes after a bulk", "*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n", [][]string{{"PING"}, {"PING"}}},
		{"any byte after a CR", "*1\rx$4\rxPING\r\n", [][]string{{"PING"}}},
		{"a mixed pipeline", "PING\nPING 'a b'\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n", [][]string{{"PING"}, {"PING", "a b"}, {"a", "b"}}},
		{"escapes", `PING "\x41\n\q\"" 'it\'s' a"b c"` + "\n", [][]string{{"PING", "A\nq\"", "it's", "ab c"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for piece := 1; piece <= len(test.data); piece++ {
				have, err := parse(test.data, piece, true)
				if err != nil {
					t.Fatalf("in pieces of %d: %v", piece, err)
				}
				if diff := cmp.Diff(test.want, have); diff != "" {
					t.Errorf("in pieces of %d (-want +have):\n%s", piece, diff)
				}
			}
		})
	}
}

// FuzzGuard holds that whatever the guard lets through redcon understands, and that
// the result does not depend on how the bytes arrive.
func FuzzGuard(f *testing.F) {
	for _, seed := range []string{
		"*1\r\n$4\r\nPING\r\n", "PING\r\n", "*1\r\n$9223372036854775807\r\nx", "*-1\r\n*0\r\n", "*2\r\n$1\r\na\r\n$0\r\n\r\n",
		"PING \"a\\x41\" 'b'\r\n", "*1\r\n$4\r\nPINGxxPING\n", "*1\r+$1\r+a\r\n",
	} {
		f.Add(seed, 3)
	}
	f.Fuzz(func(t *testing.T, data string, piece int) {
		whole, wholeErr := parse(data, len(data)+1, true)
		pieces, piecesErr := parse(data, max(1, piece%64), true)
		var wrong protocolError
		if wholeErr != nil && !errors.As(wholeErr, &wrong) {
			t.Fatal(wholeErr)
		}
		if !errors.Is(piecesErr, wholeErr) {
			t.Fatalf("errors differ: %v whole, %v in pieces", wholeErr, piecesErr)
		}
		if diff := cmp.Diff(whole, pieces); diff != "" {
			t.Fatal(diff)
		}
	})
}
