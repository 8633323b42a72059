package node

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// TestReplies: what a Redis says is read, in whatever pieces it comes; what would need
// too much room, and what is no reply, is not.
func TestReplies(t *testing.T) {
	bulk := "$" + strconv.Itoa(maxBulk) + "\r\n"
	for _, c := range []struct {
		name, reply string
		want        string // begins the error; empty: read to its end
	}{
		{"a status", "+OK\r\n", ""},
		{"a number", ":-7\r\n", ""},
		{"a text that looks like headers", "$5\r\n*9\r\n\n\r\n", ""},
		{"no text", "$-1\r\n", ""},
		{"a null array", "*-1\r\n", ""},
		{"arrays", "*2\r\n*1\r\n$1\r\nx\r\n:1\r\n", ""},
		{"a refusal", "-ERR no\r\n", "ERR no"},
		{"a refusal within an array", "*2\r\n-ERR no\r\n:1\r\n", "ERR no"},
		{"the longest text", bulk + strings.Repeat("*", maxBulk) + "\r\n", ""},
		{"an absurd text", "$9223372036854775807\r\n", "reply: "},
		{"more than a number", "$99999999999999999999\r\n", "reply: "},
		{"a negative text", "$-2\r\n", "reply: "},
		{"a text that is too long", "$" + strconv.Itoa(maxBulk+1) + "\r\n", "reply: "},
		{"an array that is too long", "*" + strconv.Itoa(maxElements+1) + "\r\n", "reply: "},
		{"arrays without end", strings.Repeat("*1\r\n", 1000), "reply: "},
		{"no number", "$x\r\n", "reply: "},
		{"a wrong length", "$1\r\nabc\r\n", "reply: "},
		{"a line without end", "+" + strings.Repeat("x", maxLine+1), "reply: "},
		{"another protocol", "\x00\xff\r\n", "reply: "},
		{"an empty line", "\r\n", "reply: "},
		{"the end", "", errLost.Error()},
		{"the end in the middle", "$5\r\nab", errLost.Error()},
		{"a long text that does not come", bulk + "ab", errLost.Error()},
	} {
		for _, pieces := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
			if len(c.reply) > 1<<20 {
				pieces = iotest.DataErrReader // smaller pieces take long and show nothing else
			}
			r := newReplies()
			r.begin(pieces(strings.NewReader(c.reply)))
			err := r.skip()
			switch {
			case c.want == "" && (err != nil || r.rest()):
				t.Errorf("%s: %v, rest %v", c.name, err, r.rest())
			case c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)):
				t.Errorf("%s: %v, want %q", c.name, err, c.want)
			}
			if c.name == "a long text that does not come" && cap(r.bulk) > 2*step {
				t.Errorf("%d bytes of room were made for 2", cap(r.bulk))
			}
		}
	}
}

// TestRefusalKeepsTheRest: behind a refusal the next reply is read as if nothing were.
func TestRefusalKeepsTheRest(t *testing.T) {
	r := newReplies()
	r.begin(strings.NewReader("*3\r\n:1\r\n-ERR a\r\n*1\r\n-ERR b\r\n$2\r\nok\r\n"))
	if err := r.skip(); !slices.Contains([]string{"ERR a", "ERR b"}, err.Error()) {
		t.Errorf("%v, want a refusal", err)
	}
	if text, err := r.text(); err != nil || string(text) != "ok" {
		t.Errorf("%q, %v", text, err)
	}
}

// FuzzReplies: however the bytes are cut, the same is read, and no more room is made
// than for what has come.
func FuzzReplies(f *testing.F) {
	for _, seed := range []string{"*1\r\n$3\r\nabc\r\n", "$9223372036854775807\r\n", "*2\r\n-ERR\r\n*-1\r\n", "+OK\r\n+OK\r\n", "$33554432\r\nx"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, reply []byte) {
		whole, cut := newReplies(), newReplies()
		whole.begin(bytes.NewReader(reply))
		cut.begin(iotest.OneByteReader(bytes.NewReader(reply)))
		want, got := whole.skip(), cut.skip()
		if (want == nil) != (got == nil) || want != nil && want.Error() != got.Error() {
			t.Errorf("whole: %v, in pieces: %v", want, got)
		}
		if cap(whole.bulk) > 2*len(reply)+2*step {
			t.Errorf("%d bytes of room for %d", cap(whole.bulk), len(reply))
		}
	})
}

// TestAuthError tells wrong passwords from all else.
func TestAuthError(t *testing.T) {
	for text, want := range map[string]bool{
		"NOAUTH Authentication required.":                                                                true,
		"WRONGPASS invalid username-password pair or user is disabled.":                                  true,
		"ERR AUTH <password> called without any password configured for the default user. Are you sure?": true,
		"NOPERM this user has no permissions to run the 'info' command":                                  false,
		"LOADING Redis is loading the dataset in memory":                                                 false,
	} {
		if got := IsAuthError(errors.Join(refusal(text))); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
}
