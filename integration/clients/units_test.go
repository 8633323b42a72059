package clients

import (
	"bufio"
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"
)

func TestReadCommand(t *testing.T) {
	sent := "*3\r\n$8\r\nSENTINEL\r\n$7\r\nMASTERS\r\n$1\r\nx\r\nPING\r\n*2\r\n$4\r\nAUTH\r\n$6\r\nsecret\r\n\r\nAUTH secret\n"
	from := bufio.NewReader(strings.NewReader(sent))
	for _, want := range []string{"sentinel masters", "ping", "auth", "", "auth"} {
		got, err := readCommand(from)
		if err != nil || got != want {
			t.Fatalf("%q (%v), want %q", got, err, want)
		}
	}
	for _, other := range []string{"\x16\x03\x01\x02\x00\x01\n", "*-5\r\n", "*1\r\n:5\r\n", "*1\r\n$-1\r\n", "*1\r\n\r\n"} {
		if got, err := readCommand(bufio.NewReader(strings.NewReader(other))); !errors.Is(err, errNotCommands) {
			t.Errorf("%q is taken for %q, %v", other, got, err)
		}
	}
}

func TestExecutionsReadMonitor(t *testing.T) {
	e := &Executions{}
	e.Expect("go-x")
	for line, want := range map[string]Execution{
		`+1732567890.000012 [0 127.0.0.1:4711] "set" "go-x:17" "17"`:                {N: 17, Write: true},
		`+1732567890.000012 [0 [::1]:4711] "GET" "go-x:17"`:                         {N: 17},
		`+1732567890.000012 [0 127.0.0.1:4711] "evalsha" "ab" "2" "go-x:jobs:wait"`: {Write: true},
	} {
		want.At = time.UnixMicro(1732567890000012)
		if key, got, ok := e.read(line); !ok || key != "go-x" || got != want {
			t.Errorf("%s: %v %q %+v, want %+v", line, ok, key, got, want)
		}
	}
	for _, line := range []string{
		"+OK", `+1732567890.1 [0 127.9.1.1:6379] "set" "go-x:17" "17"`, `+1732567890.1 [0 lua] "set" "go-x:17" "17"`,
		`+1732567890.1 [0 127.0.0.1:4711] "set" "go-xy:17" "17"`,
	} {
		if _, got, ok := e.read(line); ok {
			t.Errorf("%s is taken for %+v", line, got)
		}
	}
}

func TestEvidence(t *testing.T) {
	at := func(ms int) time.Time { return time.UnixMilli(int64(1000 + ms)) }
	e := Evidence{
		Good: []Ack{{N: 1, At: at(1)}, {N: 2, At: at(60)}, {N: 3, At: at(70)}},
		Executions: []Execution{
			{Node: "old", N: 1, Write: true, At: at(0)},
			{Node: "old", N: 2, Write: true, At: at(59)},
			{Node: "new", N: 9, Write: false, At: at(20)},
			{Node: "new", N: 3, Write: true, At: at(69)},
		},
	}
	if ack, ok := e.served("new"); !ok || ack.N != 3 {
		t.Errorf("the new master's first is %+v, %v; want 3, which it executed", ack, ok)
	}
	if got := e.strays("new", at(50)); got != 1 {
		t.Errorf("%d acknowledged by the old master late, want 1", got)
	}
	for i := range 30 {
		e.Requests = append(e.Requests, Request{Command: "ping", At: at(100 * i)}, Request{At: at(100 * i)})
	}
	if most, what := e.rate(); most != 10 || what != "10 ping" {
		t.Errorf("%d a second: %s; want 10 ping", most, what)
	}
}

func TestRefusals(t *testing.T) {
	entry := []any{"count", int64(2), "reason", "command", "context", "toplevel", "object", "sentinel|reset", "username", "default"}
	if text, isLogin := refusal(entry); text != "command sentinel|reset as default" || isLogin {
		t.Errorf("%q, a login: %v", text, isLogin)
	}
	entry[3] = "auth"
	if text, isLogin := refusal(entry); !isLogin {
		t.Errorf("%q is taken for a lack of rights", text)
	}
}

// TestProxyTellsClientsApart: whose connection it is, and that a shut proxy refuses.
func TestProxyTellsClientsApart(t *testing.T) {
	target, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	go func() {
		for {
			conn, err := target.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("+PONG\r\n"))
			defer conn.Close()
		}
	}()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	_ = free.Close()
	ledger := &Ledger{}
	group := groupIn("/proc/self/stat")
	if group == 0 {
		t.Fatalf("process %d has no group", os.Getpid())
	}
	ledger.Expect(group)
	proxy := NewProxy(addr, target.Addr().String(), ledger)
	if err := proxy.Open(); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write([]byte("PING\r\n")); err != nil {
		t.Fatal(err)
	}
	reply, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil || reply != "+PONG\r\n" {
		t.Fatalf("%q, %v", reply, err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for len(ledger.Of(group, time.Time{})) < 2 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if got := ledger.Of(group, time.Time{}); len(got) != 2 || got[1].Command != "ping" {
		t.Errorf("noted: %+v, want a connection and a ping", got)
	}
	proxy.Shut()
	if again, err := net.Dial("tcp", addr); err == nil {
		_ = again.Close()
		t.Error("a shut proxy takes connections")
	}
}

func TestSummaryForgivesOneLateRound(t *testing.T) {
	p := Program{Library: "x", Cannot: map[string]string{Planned: "why"}}
	late := Outcome{Program: p, Scenario: Crash, Fault: "late", Late: true, Switched: true, Switch: 3 * time.Second}
	good := Outcome{Program: p, Scenario: Crash, Switched: true, Switch: time.Second}
	if s := median([]Outcome{late, good, good}, p, Crash); s.Fault != "" || s.Switch != time.Second || !s.Passed() {
		t.Errorf("one late round of three: %+v", s)
	}
	if s := median([]Outcome{late, good, late}, p, Crash); s.Fault == "" || !s.Late {
		t.Errorf("two late rounds of three: %+v", s)
	}
	still := Outcome{Program: p, Scenario: OneLeft}
	alone := Outcome{Program: p, Scenario: OneLeft, Fault: "late", Late: true, Switched: true, Switch: 3 * time.Second}
	if s := median([]Outcome{alone, still}, p, OneLeft); s.Fault == "" || !s.Late {
		t.Errorf("the only switch was late: %+v", s)
	}
	lost := Outcome{Program: p, Scenario: Planned, Fault: "lost"}
	if s := median([]Outcome{good, lost}, p, Planned); s.Fault != "" || s.Excuse != "why" {
		t.Errorf("a known limit of the library: %+v", s)
	}
}
