package node_test

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

func dial(t *testing.T, s *redis.Server) *node.Conn {
	t.Helper()
	c, _ := dialAndRead(t, s)
	return c
}

func dialAndRead(t *testing.T, s *redis.Server) (*node.Conn, sentinel.Snapshot) {
	t.Helper()
	c, first, err := node.Dial(t.Context(), sentinel.Addr{Host: s.Host, Port: s.Port}, "a-test", node.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, first
}

func TestOneConnectionCarriesEverything(t *testing.T) {
	s := redis.Start(t, "127.0.43.1", 6379)
	c := dial(t, s)
	for range 3 {
		if _, err := c.Snapshot(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.Rest() // what follows goes on on the same connection
	}
	list, err := s.Client().ClientList(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(list, "name=a-test"); n != 1 {
		t.Errorf("%d connections, want 1:\n%s", n, list)
	}
}

// TestRestSparesWhatIsUnderWay: while an answer is outstanding, nobody else may read from
// the connection.
func TestRestSparesWhatIsUnderWay(t *testing.T) {
	s := redis.Start(t, "127.0.43.7", 6379)
	c := dial(t, s)
	if _, err := c.Snapshot(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		s.Stop(t)
		answered := make(chan error, 2)
		read := func() {
			_, err := c.Snapshot(t.Context())
			answered <- err
		}
		go read()
		redis.Eventually(t, 10*time.Second, "a command is under way", c.Using)
		c.Rest()
		go read()
		s.Cont(t)
		for range 2 {
			if err := <-answered; err != nil {
				t.Fatalf("a command: %v", err)
			}
		}
	}
	c.Rest()
	c.Close()
	if _, err := c.Snapshot(t.Context()); err == nil {
		t.Error("a command was carried out on a closed connection")
	}
}

func TestEndIsNoticedWhileIdle(t *testing.T) {
	s := redis.Start(t, "127.0.43.2", 6379)
	c := dial(t, s)
	began := time.Now()
	s.Kill()
	select {
	case <-c.Lost():
		t.Logf("noticed after %s", time.Since(began))
	case <-time.After(5 * time.Second):
		t.Fatal("the end of the process was not noticed")
	}
	s.Restart(t)
	if _, err := c.Promote(t.Context(), 0, 0); err == nil {
		t.Error("a command reached the successor through the old connection")
	}
	if got := dial(t, s).RunID(); got == c.RunID() {
		t.Errorf("the successor has the run id %s of its predecessor", got)
	}
}

func TestRefusedIsTold(t *testing.T) {
	_, _, err := node.Dial(t.Context(), sentinel.Addr{Host: "127.0.43.3", Port: 6379}, "a-test", node.Options{})
	if !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("%v, want connection refused", err)
	}
}

func TestCommands(t *testing.T) {
	m := redis.Start(t, "127.0.43.4", 6379, redis.Fence...)
	r := redis.Start(t, "127.0.43.5", 6379, redis.Fence...)
	master, first := dialAndRead(t, m)
	replica := dial(t, r)
	if !first.Fenced() {
		t.Fatalf("a fresh process is not fenced: %+v", first)
	}
	if s, err := master.Promote(t.Context(), 1, 2*time.Second); err != nil || s.Role != sentinel.RoleMaster {
		t.Fatalf("promote: %+v, %v", s, err)
	}
	if err := m.Client().Set(t.Context(), "k", "v", 0).Err(); err == nil {
		t.Error("a master without the replica that its fence wants took a write")
	}
	addr := sentinel.Addr{Host: m.Host, Port: m.Port}
	if s, err := replica.Follow(t.Context(), addr, false); err != nil || s.MasterAddr != addr {
		t.Fatalf("follow: %+v, %v", s, err)
	}
	redis.Eventually(t, 10*time.Second, "the replica is in sync", func() bool {
		s, err := replica.Snapshot(t.Context())
		return err == nil && s.LinkUp
	})
	redis.Eventually(t, 10*time.Second, "the fence opens with its replica", func() bool {
		return m.Client().Set(t.Context(), "k", "v", 0).Err() == nil
	})
	paused, err := master.Pause(t.Context(), 3*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	s, err := replica.AwaitOffset(t.Context(), paused.Offset, 2*time.Second)
	if err != nil || s.Offset < paused.Offset { // the master may have pinged since
		t.Fatalf("await %d: %+v, %v", paused.Offset, s, err)
	}
	if s, err := master.Demote(t.Context()); err != nil || !s.Fenced() || s.Offset < paused.Offset {
		t.Fatalf("demote: %+v, %v", s, err)
	}
	if s, err := replica.Freeze(t.Context()); err != nil || !s.Fenced() || s.ReplID != paused.ReplID {
		t.Fatalf("freeze: %+v, %v", s, err)
	}
}

// TestEmpty: what a replica of nobody has is gone, under an id that nobody knows, though it
// refuses writes and its fence wants replicas.
func TestEmpty(t *testing.T) {
	s := redis.Start(t, "127.0.43.8", 6379)
	c := dial(t, s)
	for _, command := range [][]any{{"SET", "a", 1}, {"SELECT", 3}, {"SET", "b", 1}, {"CONFIG", "SET", "min-replicas-to-write", "2"}} {
		if err := s.Client().Do(t.Context(), command...).Err(); err != nil {
			t.Fatal(err)
		}
	}
	before, err := c.Demote(t.Context())
	if err != nil || before.Keys == 0 {
		t.Fatalf("%+v, %v", before, err)
	}
	after, err := c.Empty(t.Context())
	if err != nil || after.Keys != 0 || !after.Fenced() || after.ReplID == before.ReplID {
		t.Errorf("%+v, %v", after, err)
	}
	if err := s.Client().Set(t.Context(), "a", 1, 0).Err(); err == nil {
		t.Error("it takes writes")
	}
}

func TestCutClientsKeepsOurs(t *testing.T) {
	m := redis.Start(t, "127.0.43.6", 6379)
	ours, other := dial(t, m), dial(t, m)
	if _, err := ours.Follow(t.Context(), sentinel.Nowhere, true); err != nil {
		t.Fatal(err)
	}
	select {
	case <-other.Lost():
	case <-time.After(5 * time.Second):
		t.Error("another client was not cut")
	}
	if _, err := ours.Snapshot(t.Context()); err != nil {
		t.Errorf("our own connection: %v", err)
	}
}

// TestKillOlder: more connections of older leaders than are ended at once, between clients
// whose names are longer than what is looked at.
func TestKillOlder(t *testing.T) {
	s := redis.Start(t, "127.0.43.9", 6379)
	c := dial(t, s)
	name := func(name string) net.Conn {
		conn, err := net.Dial("tcp", net.JoinHostPort(s.Host, "6379"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := fmt.Fprintf(conn, "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$%d\r\n%s\r\n", len(name), name); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	name(strings.Repeat("x", 10_000))
	for range 1200 {
		name("ctl-1.a")
	}
	name("ctl-2.a" + strings.Repeat("x", 10_000))
	count := func() int {
		n, err := s.Client().Info(t.Context(), "clients").Result()
		if err != nil {
			t.Fatal(err)
		}
		_, n, _ = strings.Cut(n, "connected_clients:")
		n, _, _ = strings.Cut(n, "\r")
		connected, _ := strconv.Atoi(n)
		return connected
	}
	if n := count(); n < 1202 {
		t.Fatalf("%d clients", n)
	}
	wrong := errors.New("a later leader is there")
	if err := c.KillOlder(t.Context(), func(name string) (bool, error) {
		if strings.HasPrefix(name, "ctl-2.") {
			return false, wrong
		}
		return name == "ctl-1.a", nil
	}); !errors.Is(err, wrong) || count() < 1202 {
		t.Fatalf("%v; %d clients are left", err, count())
	}
	if err := c.KillOlder(t.Context(), func(name string) (bool, error) { return name == "ctl-1.a", nil }); err != nil {
		t.Fatal(err)
	}
	if n := count(); n < 4 || n > 10 {
		t.Errorf("%d clients are left", n)
	}
	if _, err := c.Snapshot(t.Context()); err != nil {
		t.Errorf("our own connection: %v", err)
	}
}
