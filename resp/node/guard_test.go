package node

import (
	"io"
	"os"
	"path/filepath"
	"reflect"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// hello is how Redis 8 answers, whose modules are part of it.
var hello = "*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n8.0.0\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:7\r\n" +
	"$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*5\r\n" +
	strings.Repeat("*8\r\n$4\r\nname\r\n$2\r\nbf\r\n$3\r\nver\r\n:80000\r\n$4\r\npath\r\n$12\r\n/modules/bf.\r\n$4\r\nargs\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n", 5)

// TestGuard: what a Redis says passes, in whatever pieces it comes; what go-redis would
// make too much room for does not.
func TestGuard(t *testing.T) {
	most := "$" + strconv.Itoa(maxReply-100) + "\r\n" + strings.Repeat("*", maxReply-100) + "\r\n"
	element := func(n int) string { return "*" + strconv.Itoa(n) + "\r\n" }
	for _, c := range []struct {
		name, reply string
		passes      bool
	}{
		{"replies", "+OK\r\n-ERR no\r\n:-7\r\n$5\r\n*9\r\n\n\r\n*2\r\n$-1\r\n*0\r\n$0\r\n\r\n+\r\n", true},
		{"a null array", "*-1\r\n", true},
		{"an array in another one's end", strings.Repeat("*2\r\n:1\r\n*1\r\n*1\r\n*2\r\n:1\r\n:2\r\n", 1000), true},
		{"HELLO, again and again", strings.Repeat(hello, 100), true},
		{"readings, again and again", strings.Repeat(state, 1000), true},
		{"the longest bulk", most, true},
		{"another one in the next reply", most + most, true},
		{"another one in the same reply", element(2) + most + most, false},
		{"announced in pieces", element(9) + strings.Repeat("$199999\r\n"+strings.Repeat("x", 199999)+"\r\n", 5) + "$199999\r\n", false},
		{"the longest array", element(maxElements) + strings.Repeat(":1\r\n", maxElements), true},
		{"one that follows", element(maxElements) + strings.Repeat(":1\r\n", maxElements) + element(maxElements), true},
		{"arrays that are too long together", element(maxElements-1) + element(2), false},
		{"many empty arrays", element(maxElements) + strings.Repeat("*0\r\n", maxElements) + "+OK\r\n", true},
		{"the deepest array", strings.Repeat("*1\r\n", maxDepth) + ":1\r\n", true},
		{"one that is too deep", strings.Repeat("*1\r\n", maxDepth+1), false},
		{"an absurd bulk", "$9223372036854775807\r\n", false},
		{"more than a number", "$99999999999999999999\r\n", false},
		{"a negative bulk", "$-2\r\n", false},
		{"a bulk that is too long", "$" + strconv.Itoa(maxReply) + "\r\n", false},
		{"an array that is too long", element(maxElements + 1), false},
		{"a number with a sign", "$+5\r\n", false},
		{"a number with a zero", "$05\r\n", false},
		{"a number with an underscore", "$1_0\r\n", false},
		{"a map", "%1\r\n+a\r\n+b\r\n", false},
		{"a set", "~1\r\n+a\r\n", false},
		{"a push", ">1\r\n+a\r\n", false},
		{"an attribute", "|1\r\n+a\r\n+b\r\n+OK\r\n", false},
		{"a verbatim text", "=7\r\ntxt:abc\r\n", false},
		{"a long error", "!3\r\nERR\r\n", false},
		{"a null", "_\r\n", false},
		{"a large number", "(1234567890\r\n", false},
		{"a fraction", ",1.5\r\n", false},
		{"a truth", "#t\r\n", false},
		{"a text in chunks", "$?\r\n;1\r\na\r\n;0\r\n", false},
		{"an array in chunks", "*?\r\n", false},
		{"no number", "$x\r\n", false},
		{"no length", "$\r\n", false},
		{"an empty line", "\r\n", false},
		{"a line with half an end", "+OK\n", false},
		{"a line without end", "+" + strings.Repeat("x", maxLine+1), false},
		{"nonsense of another protocol", strings.Repeat("\x00\xff", maxLine), false},
	} {
		for _, piece := range []int{1, 7, 1 << 20} {
			if piece == 1 && len(c.reply) > 1<<19 {
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

// TestGuardKeepsNothing: thousands of connections have one.
func TestGuardKeepsNothing(t *testing.T) {
	var g guard
	reply := []byte(hello + state)
	if n := testing.AllocsPerRun(100, func() {
		if err := g.pass(reply); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("a reply allocates %g times", n)
	}
}

func BenchmarkGuard(b *testing.B) {
	var g guard
	reply := []byte(queued + "*4\r\n" + strings.Repeat(bulk(strings.Repeat("x", 700)), 4))
	b.SetBytes(int64(len(reply)))
	for b.Loop() {
		if err := g.pass(reply); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzGuard: however the bytes are cut, the verdict is the same.
func FuzzGuard(f *testing.F) {
	for _, reply := range []string{"*1\r\n$3\r\nabc\r\n", "$9223372036854775807\r\n", hello, state, "*2\r\n*1\r\n*1\r\n*1\r\n*1\r\n"} {
		f.Add([]byte(reply), 3)
	}
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
		whole.head, cut.head = [maxHeader]byte{}, [maxHeader]byte{}
		if want == nil && whole != cut {
			t.Errorf("whole: %+v; in pieces of %d: %+v", whole, piece, cut)
		}
	})
}

// FuzzBehindGuard: whatever is answered, go-redis does not end the program and needs no
// more memory for it than a few honest answers; those it gives as they are.
func FuzzBehindGuard(f *testing.F) {
	paths, _ := filepath.Glob("testdata/info/*.txt")
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(hello+reading(string(text)), 512)
	}
	for _, answer := range []string{
		"-ERR unknown command 'hello'\r\n" + reading("role:master"), "*14\r\n", "*2\r\n$1\r\na\r\n*1000\r\n*1\r\n", "%3\r\n+a\r\n+b\r\n", "|1\r\n|1\r\n", ">2\r\n+a\r\n+b\r\n+OK\r\n",
		hello + "+OK\r\n-NOPERM no\r\n-EXECABORT no\r\n", hello + queued + "*-1\r\n", hello + queued + "*4\r\n$1048000\r\n", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", "$?\r\n", "", "\n",
	} {
		f.Add(answer, 3)
	}
	f.Fuzz(func(t *testing.T, answer string, size int) {
		size = 1 + (size%512+512)%512
		before := allocated()
		s, err := snapshotOf(t, answer, size)
		if n, most := allocated()-before, uint64(4*maxReply+64*len(answer)); n > most {
			t.Errorf("%d bytes are allocated for %d", n, len(answer))
		}
		if err == nil && (len(s.Info) > mostInfo || s.RunID == "") {
			t.Errorf("run id %q, %d bytes of INFO", s.RunID, len(s.Info))
		}
	})
}

// TestHonestBehindGuard: what real servers have said is read as if there was no guard.
func TestHonestBehindGuard(t *testing.T) {
	paths, err := filepath.Glob("testdata/info/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatal("no texts: ", err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want, err := parse(string(text) + "\r\n\r\n\r\n\r\n")
		if err != nil {
			t.Fatal(err)
		}
		for _, size := range []int{1, 100, 1 << 20} {
			got, err := snapshotOf(t, hello+reading(string(text)), size)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s in pieces of %d: %+v, %v; want\n%+v", path, size, got, err, want)
			}
		}
	}
}

// snapshotOf reads the state from who answers so.
func snapshotOf(t *testing.T, answer string, size int) (sentinel.Snapshot, error) {
	t.Helper()
	c := &Conn{addr: sentinel.Addr{Host: "10.0.0.1", Port: 6379}, opts: Options{}.bounded()}
	c.pulse = &Pulse{conn: &watched{Conn: &spoken{pieces{text: answer, size: size}}, lost: func() {}}, lost: make(chan struct{})}
	defer c.Close()
	return c.Snapshot(t.Context())
}

// reading answers a transaction of go-redis with the whole text in the first section.
func reading(text string) string {
	return "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*4\r\n" + bulk(text) + bulk("") + bulk("") + bulk("")
}

// spoken takes what it is told and says what it has to, as a socket does.
type spoken struct{ pieces }

func (*spoken) Write(p []byte) (int, error)      { return len(p), nil }
func (*spoken) Close() error                     { return nil }
func (*spoken) SetDeadline(time.Time) error      { return nil }
func (*spoken) SetReadDeadline(time.Time) error  { return nil }
func (*spoken) SetWriteDeadline(time.Time) error { return nil }

// Read says nothing more when all is said.
func (c *spoken) Read(p []byte) (int, error) {
	if c.text == "" {
		return 0, io.EOF
	}
	n, _ := c.pieces.Read(p)
	return n, nil
}

// allocated is what this program has ever made room for, in bytes.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
