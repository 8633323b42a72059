package node_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/pki"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

func watch(t testing.TB, s *redis.Server, opts node.Options) (*node.Pulse, sentinel.Snapshot) {
	t.Helper()
	p, first, err := node.Watch(t.Context(), sentinel.Addr{Host: s.Host, Port: s.Port}, "a-pulse", opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, first
}

// soon is when an answer must have come.
func soon() time.Time { return time.Now().Add(10 * time.Second) }

func clients(t *testing.T, s *redis.Server, name string) int {
	t.Helper()
	list, err := s.Client().ClientList(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(list, "name="+name+" ")
}

// TestPulseReadsWhatConnReads: of the same process they tell the same, but for how hard it has
// it, on one connection that people can tell by its name.
func TestPulseReadsWhatConnReads(t *testing.T) {
	s := redis.Start(t, "127.0.43.11", 6379)
	if err := s.Client().Set(t.Context(), "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	p, first := watch(t, s, node.Options{})
	c, _ := dialAndRead(t, s)
	if first.Keys != 1 || first.Role != sentinel.RoleMaster || p.RunID() != c.RunID() {
		t.Errorf("run id %s: %+v", p.RunID(), first)
	}
	for range 3 {
		if ok, err := p.Ping(soon()); !ok || err != nil {
			t.Fatalf("PING: %v, %v", ok, err)
		}
		got, err := p.Snapshot(soon())
		if err != nil {
			t.Fatal(err)
		}
		want, err := c.Snapshot(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got.Resident < 1<<20 || want.Resident != 0 {
			t.Errorf("the process takes %d bytes, and to orders %d", got.Resident, want.Resident)
		}
		if got, want := steady(got), steady(want); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want\n%+v", got, want)
		}
	}
	if n := clients(t, s, "a-pulse"); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

// steady is without what orders do not read, and the lines of the INFO text that change by
// themselves.
func steady(s sentinel.Snapshot) sentinel.Snapshot {
	s.Resident, s.FullSyncs = 0, 0
	var lines []string
	for line := range strings.Lines(s.Info) {
		if name, _, _ := strings.Cut(line, ":"); name != "server_time_usec" && name != "uptime_in_seconds" && name != "lru_clock" {
			lines = append(lines, line)
		}
	}
	s.Info = strings.Join(lines, "")
	return s
}

func TestPulseNoticesItsEnd(t *testing.T) {
	s := redis.Start(t, "127.0.43.12", 6379)
	p, _ := watch(t, s, node.Options{})
	select {
	case <-p.Lost():
		t.Fatal("it is lost while the process lives")
	default:
	}
	s.Kill()
	lost(t, p)
	s.Restart(t)
	if ok, err := p.Ping(soon()); ok || err == nil {
		t.Error("the successor answered on the old connection")
	}
}

// lost waits for the end of a connection.
func lost(t *testing.T, p *node.Pulse) {
	t.Helper()
	select {
	case <-p.Lost():
	case <-time.After(10 * time.Second):
		t.Fatal("the connection has not ended")
	}
}

func TestPulseClosed(t *testing.T) {
	s := redis.Start(t, "127.0.43.13", 6379)
	p, _ := watch(t, s, node.Options{})
	p.Close()
	p.Close()
	lost(t, p)
	redis.Eventually(t, 10*time.Second, "Redis has no such client", func() bool { return clients(t, s, "a-pulse") == 0 })
	if _, err := p.Snapshot(soon()); err == nil {
		t.Error("it was read after its end")
	}
}

func TestPulseRefused(t *testing.T) {
	_, _, err := node.Watch(t.Context(), sentinel.Addr{Host: "127.0.43.14", Port: 6379}, "a-pulse", node.Options{})
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v, want connection refused", err)
	}
}

// TestPulseLogsIn as go-redis does: a password without a name is user default's, and is
// none too many where none is needed.
func TestPulseLogsIn(t *testing.T) {
	s := redis.Start(t, "127.0.43.15", 6379)
	client := s.Client()
	do := func(args ...any) {
		t.Helper()
		if err := client.Do(t.Context(), args...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	try := func(user, password, want string) {
		t.Helper()
		p, _, err := node.Watch(t.Context(), sentinel.Addr{Host: s.Host, Port: s.Port}, "a-pulse", node.Options{Username: user, Password: password})
		if want == "" && err != nil {
			t.Errorf("%s with %s: %v", user, password, err)
		}
		if err == nil {
			p.Close()
		}
		switch {
		case want == "":
		case err == nil:
			t.Errorf("%s with %s got in", user, password)
		case !goredis.HasErrorPrefix(err, want) || strings.Contains(err.Error(), "pa55"):
			t.Errorf("%s with %s: %v, want %s", user, password, err, want)
		}
	}
	try("", "", "")
	try("", "pa55word", "")
	try("nobody", "pa55word", "WRONGPASS")
	do("ACL", "SETUSER", "other", "on", ">pa55other", "+@all", "-role", "~*")
	try("other", "pa55other", "") // ROLE is not needed
	do("ACL", "SETUSER", "narrow", "on", ">pa55other", "+@all", "-info", "~*")
	try("narrow", "pa55other", "NOPERM")
	do("ACL", "SETUSER", "nameless", "on", ">pa55other", "+@all", "-client|setname", "~*")
	try("nameless", "pa55other", "NOPERM")
	do("CONFIG", "SET", "requirepass", "pa55word") // those who are in stay in
	try("", "pa55word", "")
	try("default", "pa55word", "")
	try("other", "pa55other", "")
	try("", "", "NOAUTH")
	try("", "pa55wrong", "WRONGPASS")
	try("other", "pa55wrong", "WRONGPASS")
	redis.Eventually(t, 10*time.Second, "who was refused has gone", func() bool {
		list, err := client.ClientList(t.Context()).Result()
		return err == nil && strings.Count(list, "\n") == 1
	})
}

// TestPulseOverTLS: it is the same, also with regard to its end.
func TestPulseOverTLS(t *testing.T) {
	authority, dir := pki.New(t, "redis"), t.TempDir()
	authority.Write(dir, "127.0.43.25")
	s := redis.Start(t, "127.0.43.25", 6379, "--tls-port", "6380", "--tls-auth-clients", "no",
		"--tls-cert-file", dir+"/tls.crt", "--tls-key-file", dir+"/tls.key", "--tls-ca-cert-file", dir+"/ca.crt")
	encrypted := *s
	encrypted.Port = 6380
	p, first := watch(t, &encrypted, node.Options{TLS: authority.Client()})
	if ok, err := p.Ping(soon()); !ok || err != nil {
		t.Errorf("PING: %v, %v", ok, err)
	}
	if again, err := p.Snapshot(soon()); err != nil || again.RunID != first.RunID {
		t.Errorf("%+v, %v", again, err)
	}
	s.Kill()
	lost(t, p)
}

// TestPulseKeepsTime: who says nothing is given up at the deadline, at the timeout of
// the connection if that is sooner, and at once when it is closed.
func TestPulseKeepsTime(t *testing.T) {
	s := redis.Start(t, "127.0.43.16", 6379)
	short, _ := watch(t, s, node.Options{Timeout: time.Hour})
	var timeout *node.Pulse
	redis.Eventually(t, 20*time.Second, "a connection within 50 ms", func() (ok bool) {
		p, _, err := node.Watch(t.Context(), sentinel.Addr{Host: s.Host, Port: s.Port}, "a-pulse", node.Options{Timeout: 50 * time.Millisecond})
		timeout = p
		return err == nil
	})
	t.Cleanup(timeout.Close)
	closed, _ := watch(t, s, node.Options{Timeout: time.Hour})
	s.Stop(t)
	defer s.Cont(t)
	time.AfterFunc(50*time.Millisecond, closed.Close)
	for name, ask := range map[string]func() error{
		"deadline": func() error { _, err := short.Ping(time.Now().Add(50 * time.Millisecond)); return err },
		"timeout":  func() error { _, err := timeout.Snapshot(time.Now().Add(time.Hour)); return err },
		"closed":   func() error { _, err := closed.Ping(time.Now().Add(time.Hour)); return err },
	} {
		began := time.Now()
		err := ask()
		if took := time.Since(began); err == nil || took > 10*time.Second {
			t.Errorf("%s: %v after %s", name, err, took)
		}
	}
	lost(t, short)
	lost(t, timeout)
	lost(t, closed)
}

// TestWatchKeepsTime: a process that accepts and says nothing.
func TestWatchKeepsTime(t *testing.T) {
	s := redis.Start(t, "127.0.43.17", 6379)
	s.Stop(t)
	defer s.Cont(t)
	addr := sentinel.Addr{Host: s.Host, Port: s.Port}
	cancelled, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	for name, try := range map[string]struct {
		ctx  context.Context
		opts node.Options
	}{
		"timeout":   {t.Context(), node.Options{Timeout: 50 * time.Millisecond}},
		"cancelled": {cancelled, node.Options{Timeout: time.Hour}},
	} {
		began := time.Now()
		_, _, err := node.Watch(try.ctx, addr, "a-pulse", try.opts)
		if took := time.Since(began); err == nil || took > 10*time.Second {
			t.Errorf("%s: %v after %s", name, err, took)
		}
	}
}

// TestPulseOutlivesItsBeginning: the context is that of the attempt to connect alone.
func TestPulseOutlivesItsBeginning(t *testing.T) {
	s := redis.Start(t, "127.0.43.18", 6379)
	ctx, cancel := context.WithCancel(t.Context())
	p, _, err := node.Watch(ctx, sentinel.Addr{Host: s.Host, Port: s.Port}, "a-pulse", node.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	cancel()
	if ok, err := p.Ping(soon()); !ok || err != nil {
		t.Errorf("PING after the end of what bounded the connecting: %v, %v", ok, err)
	}
}

// TestPulseTellsMasterDown: a valid answer, of a replica that serves nothing stale.
func TestPulseTellsMasterDown(t *testing.T) {
	s := redis.Start(t, "127.0.43.19", 6379, append([]string{"--replica-serve-stale-data", "no"}, redis.Fence...)...)
	p, first := watch(t, s, node.Options{})
	if err := s.Client().Get(t.Context(), "k").Err(); !goredis.HasErrorPrefix(err, "MASTERDOWN") {
		t.Fatalf("GET: %v, want MASTERDOWN", err)
	}
	if ok, err := p.Ping(soon()); !ok || err != nil || first.Role != sentinel.RoleReplica {
		t.Errorf("PING: %v, %v; %+v", ok, err, first)
	}
}

// TestPulseBusy: a Redis in the middle of a script answers, but nothing good.
func TestPulseBusy(t *testing.T) {
	s := redis.Start(t, "127.0.43.20", 6379, "--lua-time-limit", "1")
	p, _ := watch(t, s, node.Options{})
	client := s.Client()
	go client.Eval(context.Background(), "while true do end", nil)
	defer client.Do(context.Background(), "SCRIPT", "KILL")
	redis.Eventually(t, 10*time.Second, "PING is answered with BUSY", func() bool {
		ok, err := p.Ping(soon())
		if err != nil {
			t.Fatal(err)
		}
		return !ok
	})
	if _, err := p.Snapshot(soon()); !goredis.HasErrorPrefix(err, "BUSY") {
		t.Errorf("a reading: %v, want BUSY", err)
	}
	_, _, err := node.Watch(t.Context(), sentinel.Addr{Host: s.Host, Port: s.Port}, "a-pulse", node.Options{})
	if !goredis.HasErrorPrefix(err, "BUSY") {
		t.Errorf("a new connection: %v, want BUSY", err)
	}
	client.Do(context.Background(), "SCRIPT", "KILL")
	redis.Eventually(t, 10*time.Second, "the script has ended", func() bool {
		ok, err := p.Ping(soon())
		if err != nil {
			t.Fatal(err)
		}
		return ok
	})
	if _, err := p.Snapshot(soon()); err != nil {
		t.Errorf("on the same connection afterwards: %v", err)
	}
}
