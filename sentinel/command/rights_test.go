package command

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/acl"
)

// TestRightsHoldForAliases: what is denied under one name is not told under another.
func TestRightsHoldForAliases(t *testing.T) {
	p := open(t, Options{RequirePass: "secret"}, nil)
	for _, names := range [][2]string{
		{"masters", "primaries"},
		{"master x", "primary x"},
		{"replicas x", "slaves x"},
		{"get-master-addr-by-name x", "get-primary-addr-by-name x"},
		{"is-master-down-by-addr 1.2.3.4 1 0 *", "is-primary-down-by-addr 1.2.3.4 1 0 *"},
	} {
		for _, denied := range names {
			if _, err := p.commands.users.Set("u", []string{"reset", "on", ">x", "+@all", "-sentinel|" + strings.Fields(denied)[0]}); err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				c := p.dial()
				c.want("auth u x", "+OK")
				c.want("sentinel "+name, "-NOPERM")
			}
		}
	}
	for _, e := range newTable().all {
		if e.hidden && e.name != "sentinel|why" && e.name != "quit" && e.name != "reset" && e.aliasOf == "" {
			t.Errorf("%s is of no listing: if it is an alias, of what?", e.name)
		}
	}
}

// TestFileEndsSessions: whoever would not be let in any more is out, all others stay.
func TestFileEndsSessions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users.acl")
	write := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p := open(t, Options{ACLFile: path}, nil)
	load := func(text string) {
		t.Helper()
		write(text)
		if err := p.commands.LoadUsers(p.server); err != nil {
			t.Fatal(err)
		}
	}
	load("user off on >x +ping\nuser changed on >x +ping\nuser both on >x >y +ping\nuser same on >x +ping\nuser less on >x +ping +role\n")
	sessions := map[string]*talker{}
	for name, password := range map[string]string{"off": "x", "changed": "x", "both": "y", "same": "x", "less": "x"} {
		sessions[name] = p.dial()
		sessions[name].want("auth "+name+" "+password, "+OK")
	}
	stranger := p.dial()
	stranger.want("ping", "+PONG")
	load("user off off >x +ping\nuser changed on >y +ping\nuser both on >y +ping\nuser same on >x +ping\nuser less on >x +ping\nuser default on >new +@all\n")
	for name, want := range map[string]string{"off": "closed", "changed": "closed", "both": "+PONG", "same": "+PONG", "less": "+PONG"} {
		if have := sessions[name].ask("ping"); have != want {
			t.Errorf("%s: %s, want %s", name, have, want)
		}
	}
	if have := stranger.ask("ping"); have != "closed" {
		t.Errorf("who came in when no password was wanted: %s", have)
	}
	loading := p.dial()
	loading.want("auth new", "+OK")
	write("user default on >newer +@all\n")
	loading.want("acl load", "+OK") // and is out after its answer
	loading.want("ping", "closed")
}

// interrupted does something between the check of a request and what it does.
type interrupted struct {
	*Commands
	between func()
}

func (h interrupted) Serve(s *resp.Session, args [][]byte) resp.Reply {
	e, _ := h.table.find(args)
	if refusal, ok := h.permit(s, e, args); !ok {
		return refusal
	}
	if e.channel != noChannels {
		h.between()
	}
	return e.run(h.Commands, s, args)
}

// TestForbiddenInTheSameMoment: a subscription that was allowed a moment ago does not
// outlive the change that forbids it.
func TestForbiddenInTheSameMoment(t *testing.T) {
	for _, subscription := range []string{"subscribe secret", "psubscribe secret"} {
		commands := New(Options{RequirePass: "x"})
		p := &port{t: t, commands: commands}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p.addr = listener.Addr().String()
		p.serve(listener, interrupted{commands, func() {
			change, err := commands.users.Set("bob", []string{"resetchannels"})
			if err != nil {
				t.Error(err)
			}
			enforce(p.server, nil, change)
		}})
		if _, err := commands.users.Set("bob", []string{"on", ">x", "+@all", "allchannels"}); err != nil {
			t.Fatal(err)
		}
		c := p.dial()
		if _, err := c.Write([]byte("auth bob x\r\n" + subscription + "\r\n")); err != nil {
			t.Fatal(err)
		}
		for err == nil {
			_, err = c.lines.ReadString('\n')
		}
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			t.Errorf("%s: the session and its subscription are still there", subscription)
		}
	}
}

// TestFailedLogins are counted, told, and held back without holding up anybody else.
func TestFailedLogins(t *testing.T) {
	const times = 200
	p := open(t, Options{RequirePass: "secret"}, nil)
	guessing, other := p.dial(), p.dial()
	for range 6 {
		guessing.want("auth wrong", "-WRONGPASS")
	}
	if _, err := guessing.Write([]byte(strings.Repeat("auth wrong\r\n", times))); err != nil {
		t.Fatal(err)
	}
	other.want("auth secret", "+OK") // from the same address, at once
	other.want("ping", "+PONG")
	if have := p.commands.Denied(acl.ReasonAuth); have < 6 {
		t.Errorf("%d failed logins are counted", have)
	}
	answered := 0
	for err := error(nil); err == nil; answered++ {
		_, err = guessing.lines.ReadString('\n')
		if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
			t.Error("who has failed often is not cut off")
		}
	}
	if answered > 10 {
		t.Errorf("%d of %d failed logins in one pipeline are answered", answered, times)
	}
	info := other.ask("info stats")
	for !strings.HasPrefix(info, "acl_access_denied_auth:") && info != "closed" {
		line, err := other.lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		info = strings.TrimSpace(line)
	}
	if info == "acl_access_denied_auth:0" {
		t.Error("INFO counts none")
	}
	guessing = p.dial()
	guessing.want("auth hunter2 default", "-WRONGPASS") // the wrong way round
	told := 0
	for _, entry := range p.said.AllEntries() {
		if line, _ := entry.String(); strings.Contains(line, "hunter2") {
			t.Errorf("a password is told: %s", line)
		}
		if entry.Message == "login failed" {
			told++
		}
	}
	if told < 6 || told > 2*ledgerBurst {
		t.Errorf("%d are told", told)
	}
}
