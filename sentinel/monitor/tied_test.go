package monitor

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// commander gives a loop's orders to one real Redis, as the leader of a term.
type commander struct {
	*loop
	process sentinel.Process
}

func newCommander(t *testing.T, s *redis.Server, term uint64) *commander {
	t.Helper()
	log := logrus.New()
	log.SetOutput(t.Output())
	m := New(Options{Log: log, Dial: func(ctx context.Context, addr sentinel.Addr, name string) (Conn, sentinel.Snapshot, error) {
		return node.Dial(ctx, addr, name, node.Options{})
	}})
	t.Cleanup(m.Close)
	l := newLoop(m, "mymaster")
	l.control.reset(term)
	l.pills.reset(term)
	t.Cleanup(l.control.close)
	c := &commander{loop: l, process: sentinel.Process{Pod: "redis-0", UID: "uid-0", Addr: sentinel.Addr{Host: s.Host, Port: s.Port}}}
	conn, _, err := m.Dial(t.Context(), c.process.Addr, "a-test")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c.process.RunID = conn.RunID()
	return c
}

func (c *commander) must(t *testing.T, a sentinel.Action) sentinel.Done {
	t.Helper()
	done := c.command(t.Context(), a)
	if done.Err != nil {
		t.Fatalf("%T: %v", a, done.Err)
	}
	return done
}

// TestOvertaken: while a leader of a later term is connected, one of an earlier term
// gives no orders, also on a connection that it has just made.
func TestOvertaken(t *testing.T) {
	s := redis.Start(t, "127.0.44.1", 6379, redis.Fence...)
	later, earlier := newCommander(t, s, 2), newCommander(t, s, 1)
	later.must(t, sentinel.Inspect{Process: later.process, Purge: true})
	follow := sentinel.Follow{Process: earlier.process, Master: sentinel.Addr{Host: "127.0.44.9", Port: 6379}}
	if done := earlier.command(t.Context(), follow); !errors.Is(done.Err, sentinel.ErrOvertaken) {
		t.Errorf("an overtaken leader's order ended with %v", done.Err)
	}
	if done := later.must(t, sentinel.Inspect{Process: later.process}); !done.Snapshot.Fenced() {
		t.Errorf("it follows %s", done.Snapshot.MasterAddr)
	}
	follow.Process = later.process
	later.must(t, follow)
}

// TestTiedToItsConnection: a promotion goes out on the connection on which the process
// was read and on no other, though another would reach it.
func TestTiedToItsConnection(t *testing.T) {
	s := redis.Start(t, "127.0.44.2", 6379, redis.Fence...)
	c := newCommander(t, s, 1)
	read := c.must(t, sentinel.Inspect{Process: c.process})
	kept, err := c.control.kept(c.process)
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.Client().ClientList(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(list) {
		if strings.Contains(line, "name="+controlName) {
			_, id, _ := strings.Cut(line, "id=")
			id, _, _ = strings.Cut(id, " ")
			s.Client().Do(t.Context(), "CLIENT", "KILL", "ID", id)
		}
	}
	<-kept.Lost()
	promote := sentinel.Promote{Process: c.process, Conn: read.Conn}
	if done := c.command(t.Context(), promote); !errors.Is(done.Err, errOtherConn) {
		t.Errorf("the promotion ended with %v", done.Err)
	}
	again := c.must(t, sentinel.Inspect{Process: c.process})
	if again.Snapshot.Role != sentinel.RoleReplica {
		t.Fatalf("it was promoted on another connection: %s", again.Snapshot.Role)
	}
	promote.Conn = again.Conn
	if done := c.must(t, promote); done.Snapshot.Role != sentinel.RoleMaster {
		t.Errorf("on the connection on which it was read it becomes %s", done.Snapshot.Role)
	}
}
