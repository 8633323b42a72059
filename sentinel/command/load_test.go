package command_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
)

// counting is a writer that always succeeds.
type counting struct {
	command.Writer
	changes atomic.Int32
}

func (c *counting) Set(context.Context, string, []sentinel.Setting) error {
	c.changes.Add(1)
	return nil
}

// TestChangesInALoop: only so many reach Kubernetes, the client hears why, and a failover
// goes through all the same.
func TestChangesInALoop(t *testing.T) {
	writer := &counting{}
	failover := func(context.Context, string) error { return nil }
	s := start(t, command.Options{Writer: writer, Failover: failover, ChangeRate: 0.001, ChangeBurst: 3})
	for i := range 10 {
		want := "OK"
		if i >= 3 {
			want = "ERR too many changes are asked for, try again later"
		}
		if got := s.text(t, "SENTINEL", "SET", "mymaster", "quorum", "2"); got != want {
			t.Errorf("change %d: %q", i, got)
		}
	}
	if n := writer.changes.Load(); n != 3 {
		t.Errorf("%d changes were made", n)
	}
	if got := s.text(t, "SENTINEL", "FAILOVER", "mymaster"); got != "OK" {
		t.Errorf("SENTINEL FAILOVER: %q", got)
	}
}

// TestNamesAreShort: what a client calls itself is kept for as long as it is connected.
func TestNamesAreShort(t *testing.T) {
	s := start(t, command.Options{})
	long, longest := strings.Repeat("n", 257), strings.Repeat("n", 256)
	for _, test := range []struct {
		want string
		args []any
	}{
		{"ERR Client names cannot be longer than 256 bytes.", []any{"CLIENT", "SETNAME", long}},
		{"ERR Client names cannot be longer than 256 bytes.", []any{"HELLO", "2", "SETNAME", long}},
		{"ERR LIB-NAME cannot be longer than 256 bytes.", []any{"CLIENT", "SETINFO", "LIB-NAME", long}},
		{"ERR LIB-VER cannot be longer than 256 bytes.", []any{"CLIENT", "SETINFO", "LIB-VER", long}},
		{"OK", []any{"CLIENT", "SETNAME", longest}},
		{"OK", []any{"CLIENT", "SETINFO", "LIB-NAME", longest}},
	} {
		if got := s.text(t, test.args...); got != test.want {
			t.Errorf("%.30v: %q", test.args, got)
		}
	}
}

// The longest question, in arguments, and what may come of it.
const (
	manyArgs   = 1000
	ratioMost  = 300      // of an answer to its question
	answerFree = 64 << 10 // that short answers to short questions need not keep to
	keptMost   = 1 << 20  // for a client that does not read
)

// TestAnswersToLongQuestions asks every command as much at once as a request may hold: the
// answer is not out of proportion, and is never there as a whole.
func TestAnswersToLongQuestions(t *testing.T) {
	s := start(t, command.Options{})
	names, err := s.client(t).Do(patient(t), "COMMAND", "LIST").StringSlice()
	if err != nil || len(names) < 50 {
		t.Fatal(names, err)
	}
	var questions []string
	for _, name := range append(names, "sentinel|config|get", "client|list|id", "info|all") {
		begin := strings.ReplaceAll(name, "|", " ")
		questions = append(questions, begin+"\r\n")
		for _, word := range []string{"sentinel", "mymaster", "*", "1"} {
			questions = append(questions, request(append(strings.Fields(begin), repeated(word, manyArgs)...)))
		}
	}
	longest, of := 0, ""
	for _, question := range questions {
		n := s.answerTo(t, question)
		if n > answerFree && n > ratioMost*len(question) {
			t.Errorf("%.60q: %d bytes for %d", question, n, len(question))
		}
		if n > longest {
			longest, of = n, question
		}
	}
	t.Logf("the longest answer: %d bytes for %d of %.60q", longest, len(of), of)
	conn := s.conns(t, 1)[0]
	before := s.server.Stats().Commands
	if _, err := io.WriteString(conn, of); err != nil {
		t.Fatal(err)
	}
	until(t, "the longest answer waits", func() bool {
		stats := s.server.Stats()
		return stats.Commands > before && stats.ClientMemory > 0
	})
	if kept := s.server.Stats().ClientMemory; kept > keptMost {
		t.Errorf("%.60q has an answer of %d bytes, of which %d are kept for a client that does not read", of, longest, kept)
	}
}

// answerTo is the size of the whole answer.
func (s service) answerTo(t *testing.T, question string) int {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(patience))
	if _, err = io.WriteString(conn, question); err != nil {
		t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	n, err := io.Copy(io.Discard, conn)
	if err != nil {
		t.Fatalf("%.60q: %v", question, err)
	}
	return int(n)
}

func request(args []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	return b.String()
}

func repeated(word string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = word
	}
	return list
}
