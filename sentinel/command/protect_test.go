package command

import (
	"bufio"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"
	logtest "github.com/sirupsen/logrus/hooks/test"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/acl"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// guardedRequests are, in full, what is not for connections without a login. A command
// that is not here may be run by everybody who reaches the port.
var guardedRequests = map[string]bool{
	"acl deluser x": true, "acl dryrun default ping": true, "acl getuser default": true, "acl list": true, "acl load": true,
	"acl log": true, "acl log reset": true, "acl save": true, "acl setuser default resetpass >x": true, "acl users": true,
	"client kill 127.0.0.1:1": true, "client pause 1000": true, "client unblock 1": true, "client unpause": true,
	"sentinel config set announce-ip 6.6.6.6": true, "sentinel config get announce-ip": false,
	"sentinel debug info-period 1": true, "sentinel debug": false, "sentinel failover mymaster": true, "sentinel flushconfig": true,
	"sentinel monitor a 1.2.3.4 1 1": true, "sentinel remove mymaster": true, "sentinel reset *": true,
	"sentinel set mymaster quorum 9": true, "sentinel simulate-failure crash-after-election": true, "sentinel simulate-failure help": false,
	"shutdown nosave": true,
}

// TestEveryCommandIsClassed fails for a new command until somebody has decided.
func TestEveryCommandIsClassed(t *testing.T) {
	want := map[string]bool{}
	for request := range guardedRequests {
		want[fullName(newTable(), request)] = true
	}
	have := map[string]bool{}
	for _, e := range newTable().all {
		if e.confidential || e.forAll != nil {
			have[e.name] = true
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(have))); diff != "" {
		t.Errorf("(-tested +guarded)\n%s", diff)
	}
	open := []string{
		"ping", "hello", "auth", "quit", "reset", "subscribe", "unsubscribe", "psubscribe", "punsubscribe", "publish", "info", "role",
		"client", "client|caching", "client|getname", "client|getredir", "client|help", "client|id", "client|info", "client|list",
		"client|no-evict", "client|reply", "client|setinfo", "client|setname", "client|tracking", "client|trackinginfo",
		"command", "command|count", "command|docs", "command|getkeys", "command|getkeysandflags", "command|help", "command|info", "command|list",
		"acl", "acl|cat", "acl|genpass", "acl|help", "acl|whoami",
		"sentinel", "sentinel|ckquorum", "sentinel|get-master-addr-by-name", "sentinel|help", "sentinel|info-cache",
		"sentinel|is-master-down-by-addr", "sentinel|master", "sentinel|masters", "sentinel|myid", "sentinel|pending-scripts",
		"sentinel|replicas", "sentinel|sentinels", "sentinel|slaves", "sentinel|why", "sentinel|primary", "sentinel|primaries",
		"sentinel|get-primary-addr-by-name", "sentinel|is-primary-down-by-addr",
	}
	for _, e := range newTable().all {
		if !have[e.name] && !slices.Contains(open, e.name) {
			t.Errorf("%s: may whoever reaches the port run it, or only who has logged in?", e.name)
		}
	}
}

func fullName(table table, request string) string {
	e, _ := table.find(arguments(request))
	return e.name
}

func arguments(request string) (args [][]byte) {
	for word := range strings.FieldsSeq(request) {
		args = append(args, []byte(word))
	}
	return args
}

// abroad lets every connection seem to come from another computer.
type abroad struct{ net.Listener }

func (l abroad) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return stranger{conn}, nil
}

type stranger struct{ net.Conn }

func (stranger) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(203, 0, 113, 7), Port: 40000} }

// port is a running server and how to talk to it.
type port struct {
	t        *testing.T
	commands *Commands
	server   *resp.Server
	addr     string
	said     *logtest.Hook
}

// open serves; wrap is nil, or what to make of the listener.
func open(t *testing.T, options Options, wrap func(net.Listener) net.Listener) *port {
	t.Helper()
	if options.Store == nil {
		options.Store = store.New()
	}
	log, said := logtest.NewNullLogger()
	options.Log, options.MyID = log, strings.Repeat("a", 40)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &port{t: t, commands: New(options), addr: listener.Addr().String(), said: said}
	if wrap != nil {
		listener = wrap(listener)
	}
	p.serve(listener, p.commands)
	return p
}

func (p *port) serve(listener net.Listener, handler resp.Handler) {
	p.server = resp.NewServer(resp.Options{PollAfter: 1}, handler)
	served := make(chan error, 1)
	go func() { served <- p.server.Serve(listener) }()
	p.t.Cleanup(func() {
		p.server.Close()
		if err := <-served; err != nil {
			p.t.Error(err)
		}
	})
}

// talker is one connection, which reads the first line of each answer.
type talker struct {
	t *testing.T
	net.Conn
	lines *bufio.Reader
}

func (p *port) dial() *talker {
	p.t.Helper()
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	return &talker{p.t, conn, bufio.NewReader(conn)}
}

// ask sends one request on a connection of its own, or on this one, and returns the first
// line of the answer.
func (c *talker) ask(request string) string {
	c.t.Helper()
	if _, err := fmt.Fprintf(c, "%s\r\n", request); err != nil {
		return "closed"
	}
	line, err := c.lines.ReadString('\n')
	if err != nil {
		return "closed"
	}
	return strings.TrimSpace(line)
}

func (c *talker) want(request, begin string) {
	c.t.Helper()
	if have := c.ask(request); !strings.HasPrefix(have, begin) {
		c.t.Errorf("%s: %q, want %s", request, have, begin)
	}
}

const protected = "-NOPERM '"

// TestWithoutLoginOnlyAskAndListen: one command must not lock, mislead or silence.
func TestWithoutLoginOnlyAskAndListen(t *testing.T) {
	p := open(t, Options{ProtectedMode: true}, func(l net.Listener) net.Listener { return abroad{l} })
	for request, guarded := range guardedRequests {
		if have := p.dial().ask(request); strings.HasPrefix(have, protected) != guarded {
			t.Errorf("%s: %q, guarded: %v", request, have, guarded)
		}
	}
	for _, request := range []string{"ping", "info", "role", "subscribe +switch-master", "client setname x", "sentinel get-master-addr-by-name x", "hello 3"} {
		if have := p.dial().ask(request); strings.HasPrefix(have, "-") {
			t.Errorf("%s: %s", request, have)
		}
	}
	if p.commands.users.Find(acl.Default).NoPass() == false {
		t.Error("user default got a password")
	}
	if have := p.commands.Denied(acl.ReasonCommand); have == 0 {
		t.Error("no refusal was counted")
	}
}

// TestAnyPasswordIsNone: where any password fits, one proves nothing.
func TestAnyPasswordIsNone(t *testing.T) {
	p := open(t, Options{ProtectedMode: true}, func(l net.Listener) net.Listener { return abroad{l} })
	if _, err := p.commands.users.Set("open", []string{"on", "nopass", "+@all"}); err != nil {
		t.Fatal(err)
	}
	for _, login := range []string{"auth default x", "auth open x", "hello 2 auth open x"} {
		c := p.dial()
		if have := c.ask(login); strings.HasPrefix(have, "-") {
			t.Errorf("%s: %s", login, have)
		}
		for c.lines.Buffered() > 0 {
			_, _ = c.lines.Discard(c.lines.Buffered())
		}
		c.want("acl setuser default off", protected)
	}
}

// TestWhoMayChange: a password does, the own pod does, and so does everybody where the
// operator said so.
func TestWhoMayChange(t *testing.T) {
	foreign := func(l net.Listener) net.Listener { return abroad{l} }
	for name, test := range map[string]struct {
		options Options
		wrap    func(net.Listener) net.Listener
		login   string
	}{
		"password":       {Options{ProtectedMode: true, RequirePass: "secret"}, foreign, "auth secret"},
		"own pod":        {Options{ProtectedMode: true}, nil, "ping"},
		"as a Sentinel":  {Options{}, foreign, "ping"},
		"user of a file": {Options{ProtectedMode: true}, foreign, "auth ops x"},
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, test.options, test.wrap)
			if _, err := p.commands.users.Set("ops", []string{"on", ">x", "+@all"}); err != nil {
				t.Fatal(err)
			}
			c := p.dial()
			c.want(test.login, "+")
			c.want("acl setuser t on", "+OK")
			c.want("reset", "+RESET")
			if test.login != "ping" {
				c.want("acl setuser t off", "-NO") // PERM or AUTH
			}
		})
	}
}

// TestChangesAreTold: by whom and from where, without secrets, and not without end.
func TestChangesAreTold(t *testing.T) {
	p := open(t, Options{}, nil)
	c := p.dial()
	c.want("acl setuser app on >hunter2 #"+strings.Repeat("a", 64)+" +ping", "+OK")
	c.want("sentinel set nope auth-pass hunter3", "-ERR")
	entries := p.said.AllEntries()
	if len(entries) != 2 {
		t.Fatalf("%d lines, want 2", len(entries))
	}
	line, _ := entries[0].String()
	for _, part := range []string{"127.0.0.1:", "user=default", "acl|setuser", "app", "(secret)", "+ping"} {
		if !strings.Contains(line, part) {
			t.Errorf("%s does not tell %s", line, part)
		}
	}
	for _, entry := range entries {
		if line, _ := entry.String(); strings.Contains(line, "hunter") || strings.Contains(line, "aaaa") {
			t.Errorf("a secret is told: %s", line)
		}
		if entry.Level != logrus.WarnLevel {
			t.Errorf("told at level %s, which a client can hide", entry.Level)
		}
	}
	for range 10 * ledgerBurst {
		c.want("client unpause", "+OK")
	}
	if have := len(p.said.AllEntries()); have > 2*ledgerBurst {
		t.Errorf("%d lines", have)
	}
}
