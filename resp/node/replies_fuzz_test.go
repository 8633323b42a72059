package node

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pieces is a connection from which a text comes in pieces, its end with the last.
type pieces struct {
	net.Conn
	text string
	size int
}

func (c *pieces) Read(p []byte) (int, error) {
	n := copy(p, c.text[:min(c.size, len(c.text))])
	if c.text = c.text[n:]; c.text == "" {
		return n, io.EOF
	}
	return n, nil
}

// FuzzReplies: however an answer is cut, it is read in the same way; more than has come is
// never kept, and only what has the form of an answer is one.
func FuzzReplies(f *testing.F) {
	for _, answer := range []string{
		state, "+PONG\r\n", "-LOADING\r\n", queued + "*6\r\n$9223372036854775807\r\n", queued + "*-1\r\n",
		queued + "*6\r\n-NOPERM\r\n" + told, "-NOPERM\r\n" + told, "+PONG\r\n+PONG\r\n", "\n", "\r\n", "",
	} {
		f.Add(answer, 3)
	}
	paths, _ := filepath.Glob("testdata/info/*.txt")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(queued+"*6\r\n"+bulk(string(text))+bulk("")+bulk("")+bulk("")+strained, 7)
	}
	f.Fuzz(func(t *testing.T, answer string, size int) {
		size = 1 + (size%16+16)%16
		read := func(size int) (ok bool, text string, s strain, r *replies) {
			r = &replies{conn: &pieces{text: answer, size: size}}
			if ok = r.pong(); errors.Is(r.wrong, io.EOF) || strings.HasPrefix(answer, "+PONG\r\n") || strings.HasPrefix(answer, "-") {
				return ok, "", s, r
			}
			r = &replies{conn: &pieces{text: answer, size: size}}
			text, s = r.state()
			return false, text, s, r
		}
		ok, text, hard, whole := read(len(answer) + 1)
		okCut, textCut, hardCut, cut := read(size)
		same := func(a, b error) bool { return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error()) }
		if ok != okCut || text != textCut || hard != hardCut || !same(whole.wrong, cut.wrong) || !same(whole.refused, cut.refused) {
			t.Errorf("whole: %v, %q, %v, %v; in pieces of %d: %v, %q, %v, %v",
				ok, text, whole.wrong, whole.refused, size, okCut, textCut, cut.wrong, cut.refused)
		}
		if ok && !strings.HasPrefix(answer, "+PONG\r\n") && !strings.HasPrefix(answer, "-LOADING") && !strings.HasPrefix(answer, "-MASTERDOWN") {
			t.Errorf("%q is taken for a sign of life", answer)
		}
		if !ok && strings.HasPrefix(answer, "+PONG\r\n") {
			t.Errorf("%q is not taken for a sign of life: %v", answer, whole.wrong)
		}
		if text != "" && whole.refused == nil && !strings.HasPrefix(answer, queued+"*6\r\n") {
			t.Errorf("%q is taken for a state", answer)
		}
		if cap(cut.buf) > 2*max(len(answer), stateSize) {
			t.Errorf("room for %d bytes is made for %d", cap(cut.buf), len(answer))
		}
	})
}
