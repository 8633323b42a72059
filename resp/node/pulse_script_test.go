package node

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// scripted is a server that gives the next answer to each question, whatever is asked.
func scripted(t *testing.T, answers ...string) sentinel.Addr {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		t.Cleanup(func() { _ = conn.Close() })
		reader := bufio.NewReader(conn)
		for _, answer := range answers {
			for question := ""; question != "PING" && question != "EXEC" && question != "HELLO"; {
				line, err := reader.ReadString('\n')
				if err != nil {
					return
				}
				question = strings.ToUpper(strings.TrimSpace(line))
			}
			if _, err := conn.Write([]byte(answer)); err != nil {
				return
			}
		}
	}()
	addr := listener.Addr().(*net.TCPAddr)
	return sentinel.Addr{Host: addr.IP.String(), Port: addr.Port}
}

func bulk(text string) string { return "$" + strconv.Itoa(len(text)) + "\r\n" + text + "\r\n" }

// queued are the answers to a transaction, up to that to EXEC.
const queued = "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n"

// anID is a run id.
const anID = "5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e"

var (
	strained = bulk("sync_full:3\r\nsync_partial_ok:8\r\n") + bulk("used_memory:5\r\nused_memory_rss:9\r\n")
	told     = bulk("run_id:"+anID+"\r\n") + bulk("role:master\r\n") + bulk("loading:1\r\ncurrent_cow_size:2\r\n") + bulk("db0:keys=7\r\n") + strained
	state    = queued + "*6\r\n" + told
	greeted  = "+OK\r\n" + state
)

func pulseOf(t *testing.T, answers ...string) *Pulse {
	t.Helper()
	p, first, err := Watch(t.Context(), scripted(t, append([]string{greeted}, answers...)...), "a-pulse", Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	if first.RunID != anID || first.Keys != 7 || !first.Loading || first.Info != "run_id:"+anID+"\r\n\r\nrole:master\r\n\r\nloading:1\r\ncurrent_cow_size:2\r\n\r\ndb0:keys=7\r\n\r\n" {
		t.Fatalf("%+v", first)
	}
	if first.Resident != 9 || first.CopyOnWrite != 2 || first.FullSyncs != 3 {
		t.Fatalf("strain: %+v", first)
	}
	return p
}

func ended(p *Pulse) bool {
	select {
	case <-p.Lost():
		return true
	default:
		return false
	}
}

func shortly() time.Time { return time.Now().Add(10 * time.Second) }

// TestPings: what counts as a sign of life, and what ends the connection.
func TestPings(t *testing.T) {
	for _, c := range []struct {
		answer    string
		ok, ended bool
	}{
		{"+PONG\r\n", true, false},
		{"-LOADING Redis is loading the dataset in memory\r\n", true, false},
		{"-MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.\r\n", true, false},
		{"-BUSY Redis is busy running a script.\r\n", false, false},
		{"-NOAUTH Authentication required.\r\n", false, false},
		{"-" + strings.Repeat("x", 2*pongSize) + "\r\n", false, false},
		{"-" + strings.Repeat("x", maxLine) + "\r\n", false, true},
		{"+PONG\r\n+PONG\r\n", false, true},
		{"+PONG\r\n\r\n", false, true},
		{"+PONG \r\n", false, true},
		{"+QUEUED\r\n", false, true},
		{"+OK\r\n", false, true},
		{"+PONG\n", false, true},
		{"+PONGG\n", false, true},
		{"\r\n", false, true},
		{"$4\r\nPONG\r\n", false, true},
		{"*1\r\n+PONG\r\n", false, true},
		{":1\r\n", false, true},
		{"HTTP/1.1 400 Bad Request\r\n", false, true},
		{strings.Repeat("\x00\xff", maxLine), false, true},
	} {
		p := pulseOf(t, c.answer, "+PONG\r\n")
		ok, err := p.Ping(shortly())
		if name := fmt.Sprintf("%.40q", c.answer); ok != c.ok || (err != nil) != c.ended || ended(p) != c.ended {
			t.Errorf("%s: ok %v, %v, ended %v", name, ok, err, ended(p))
		} else if !c.ended {
			if ok, err := p.Ping(shortly()); !ok || err != nil {
				t.Errorf("a PING after %s: %v, %v", name, ok, err)
			}
		}
	}
}

// TestReadings: a refusal is told and the connection goes on; anything but six texts
// ends it.
func TestReadings(t *testing.T) {
	queuedTwice := strings.Replace(queued, "+QUEUED\r\n", "-NOPERM no info\r\n", 1)
	for _, c := range []struct {
		answer, err string
		ended       bool
	}{
		{state, "", false},
		{queuedTwice + "-EXECABORT Transaction discarded because of previous errors.\r\n", "info: NOPERM no info", false},
		{queued + "-EXECABORT no\r\n", "exec: EXECABORT no", false},
		{queued + "*6\r\n" + strings.Replace(told, bulk("loading:1\r\ncurrent_cow_size:2\r\n"), "-NOPERM no more\r\n", 1), "info: NOPERM no more", false},
		{queued + "*6\r\n" + strings.Repeat(bulk("role:master"), 6), "INFO has no run_id", false},
		{"-NOPERM no multi\r\n" + told + "-ERR EXEC without MULTI\r\n", "multi: NOPERM no multi", true},
		{state + "+PONG\r\n", errSurplus.Error(), true},
		{state + ":", errSurplus.Error(), true},
		{strings.Replace(state, "+OK", ":OK", 1), "not what was asked for", true},
		{"+PONG\r\n" + state, "not what was asked for", true},
		{"+OK\r\n" + state, "not what was asked for", true},
		{queued + "*5\r\n" + told, "not what was asked for", true},
		{queued + "*7\r\n" + told + bulk("x"), "not what was asked for", true},
		{queued + "*-1\r\n", "not what was asked for", true},
		{queued + "$4\r\n" + told, "not what was asked for", true},
		{queued + "*6\r\n" + "$-1\r\n" + told, "not what was asked for", true},
		{queued + "*6\r\n" + ":7\r\n" + told, "not what was asked for", true},
		{queued + "*6\r\n" + "+run_id\r\n" + told, "not what was asked for", true},
		{queued + "*6\r\n" + "*1\r\n" + told, "not what was asked for", true},
		{queued + "*9223372036854775807\r\n", "announces more", true},
		{queued + "*6\r\n$9223372036854775807\r\n", "announces more", true},
		{queued + "*6\r\n$" + strconv.Itoa(maxReply+1) + "\r\n", "announces more", true},
		{queued + "*6\r\n$-2\r\n", "announces more", true},
		{queued + "*6\r\n$x\r\n", "announces more", true},
		{queued + "*6\r\n" + strings.Replace(told, "$49", "$48", 1), errNoLine.Error(), true},
		{queued + "*6\r\n" + strings.Replace(told, "$49", "$50", 1), errNoLine.Error(), true},
		{queued + "*6\r\n" + bulk(strings.Repeat("x", maxReply*2/3)) + bulk(strings.Repeat("x", maxReply*2/3)), "more than", true},
	} {
		p := pulseOf(t, c.answer, "+PONG\r\n")
		_, err := p.Snapshot(shortly())
		name := fmt.Sprintf("%.60q and so on", strings.TrimPrefix(c.answer, queued))
		if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) || ended(p) != c.ended {
			t.Errorf("%s: %v, ended %v; want %q, %v", name, err, ended(p), c.err, c.ended)
		} else if !c.ended {
			if ok, err := p.Ping(shortly()); !ok || err != nil {
				t.Errorf("a PING after %s: %v, %v", name, ok, err)
			}
		}
	}
}

// TestLongReading: a text that is longer than a new buffer, and than one that is kept.
func TestLongReading(t *testing.T) {
	long := strings.Repeat("x", mostKept*3/2)
	p := pulseOf(t, queued+"*6\r\n"+bulk("run_id:"+anID+"\r\n")+bulk("role:master\r\n")+bulk(long)+bulk("db0:keys=3\r\n")+strained, state)
	if s, err := p.Snapshot(shortly()); err != nil || s.Keys != 3 || !strings.Contains(s.Info, long+"\r\n") {
		t.Errorf("%d keys, %d bytes, %v", s.Keys, len(s.Info), err)
	}
	if s, err := p.Snapshot(shortly()); err != nil || s.Keys != 7 || strings.Contains(s.Info, "x") {
		t.Errorf("then: %+v, %v", s, err)
	}
}

// TestLongIsNotKept: thousands of buffers may be in use at once.
func TestLongIsNotKept(t *testing.T) {
	for range 100 {
		(&replies{buf: make([]byte, 0, mostKept+1)}).free()
		if r := repliesOf(nil); cap(r.buf) > mostKept {
			t.Fatalf("a buffer of %d bytes is used again", cap(r.buf))
		}
	}
}

// TestLateAnswerIsNobodys: what comes after its deadline is not the answer to the next.
func TestLateAnswerIsNobodys(t *testing.T) {
	for _, answer := range []string{"", "+PON"} {
		p := pulseOf(t, answer, "+PONG\r\n+PONG\r\n", "+PONG\r\n")
		if ok, err := p.Ping(time.Now().Add(20 * time.Millisecond)); ok || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%q: %v, %v, want a timeout", answer, ok, err)
		}
		if ok, err := p.Ping(shortly()); ok || err == nil || !ended(p) {
			t.Errorf("after %q: %v, %v, ended %v", answer, ok, err, ended(p))
		}
	}
}

// TestTooLateToAsk: a question that cannot be sent ends the connection, too.
func TestTooLateToAsk(t *testing.T) {
	p := pulseOf(t, "+PONG\r\n")
	if ok, err := p.Ping(time.Now()); ok || err == nil || !ended(p) {
		t.Errorf("%v, %v, ended %v", ok, err, ended(p))
	}
}

// TestStrayAnswerIsFound: one that nobody asked for and that comes between two questions
// passes for an answer until the state is read, and no longer.
func TestStrayAnswerIsFound(t *testing.T) {
	p := pulseOf(t, "+PONG\r\n", state)
	conn := p.conn.Conn
	p.conn.Conn = &strayed{Conn: conn, stray: "+PONG\r\n"}
	if _, err := p.Snapshot(shortly()); err == nil || !ended(p) {
		t.Errorf("%v, ended %v", err, ended(p))
	}
}

// strayed has something to read before anything is asked.
type strayed struct {
	net.Conn
	stray string
}

func (s *strayed) Read(p []byte) (int, error) {
	if s.stray == "" {
		return s.Conn.Read(p)
	}
	n := copy(p, s.stray)
	s.stray = s.stray[n:]
	return n, nil
}

// TestGreetings: what a server may say to a new client.
func TestGreetings(t *testing.T) {
	refused := strings.Repeat("-NOAUTH Authentication required.\r\n", 1+len(pulseSections)) + "-NOAUTH Authentication required.\r\n"
	for _, c := range []struct{ answer, password, err string }{
		{"-WRONGPASS invalid username-password pair or user is disabled.\r\n-NOAUTH x\r\n" + refused, "secret", "auth: WRONGPASS invalid username-password pair or user is disabled."},
		{"-NOAUTH Authentication required.\r\n" + refused, "", "client setname: NOAUTH Authentication required."},
		{"-ERR max number of clients reached\r\n", "", "client setname: ERR max number of clients reached"},
		{"-ERR unknown command 'AUTH', with args beginning with: 'default' 'secre' \r\n", "secret", "auth: ERR unknown command 'AUTH'"},
		{"-ERR is it secret?\r\n", "secret", "auth: ERR is it ***?"},
		{"+secret\r\n", "secret", `reply: not what was asked for, but a "+"`},
		{"+OK\r\n-ERR names are not allowed\r\n" + state, "secret", "client setname: ERR names are not allowed"},
		{"HTTP/1.1 400 Bad Request\r\n", "", `reply: not what was asked for, but a "H"`},
	} {
		p, _, err := Watch(t.Context(), scripted(t, c.answer), "a-pulse", Options{Password: c.password, Timeout: time.Second})
		if err == nil {
			p.Close()
			t.Errorf("%q: it is watched", c.answer)
		} else if err.Error() != c.err {
			t.Errorf("%q: %v, want %s", c.answer, err, c.err)
		}
	}
}
