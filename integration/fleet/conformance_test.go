package fleet_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	rnode "github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

const patience = 20 * time.Second

// TestConformance sends what the service sends, by the service's own package, to real
// servers and to modelled ones, and compares what they say of themselves.
func TestConformance(t *testing.T) {
	subnet, release, err := node.LockSubnet()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	real, model := realSide(t, subnet), modelSide(t, subnet)
	for _, s := range []*side{real, model} {
		s.play()
	}
	if diff := cmp.Diff(strings.Split(real.story.String(), "\n"), strings.Split(model.story.String(), "\n")); diff != "" {
		t.Errorf("the model differs (-real +model):\n%s", diff)
	}
	for field := range model.fields {
		if !real.fields[field] {
			t.Errorf("the model's INFO tells %q, which Redis does not", field)
		}
	}
	t.Logf("both said:\n%s", model.story.String())
}

// play is a life with all that the service does to a server.
func (s *side) play() {
	s.t.Helper()
	s.ids, s.fields = map[string]string{}, map[string]bool{}
	ctx := s.t.Context()
	for i := range s.servers {
		s.dial(i)
	}
	s.tell("born fenced")

	s.do(0, "promoted", func(c *rnode.Conn) (sentinel.Snapshot, error) { return c.Promote(ctx, 0, 2*time.Second) })
	s.follow(1, 0, false)
	s.follow(2, 0, false)
	s.inSync(0, 1, 2)
	s.tell("two replicas")
	s.write(0, "OK")
	s.write(1, "READONLY")
	s.inSync(0, 1, 2)
	s.tell("a key")

	s.do(0, "write fence", func(c *rnode.Conn) (sentinel.Snapshot, error) { return c.SetFence(ctx, 1, 2*time.Second) })
	s.write(0, "OK")
	s.inSync(0, 1, 2)
	s.do(1, "frozen", func(c *rnode.Conn) (sentinel.Snapshot, error) { return c.Freeze(ctx) })
	s.until("the master lists one", func() bool { return len(s.snapshot(0).Attached) == 1 })
	s.do(2, "frozen", func(c *rnode.Conn) (sentinel.Snapshot, error) { return c.Freeze(ctx) })
	s.until("the master lists none", func() bool { return len(s.snapshot(0).Attached) == 0 })
	s.write(0, "NOREPLICAS")
	s.tell("both frozen")
	s.follow(1, 0, false)
	s.follow(2, 0, false)
	s.inSync(0, 1, 2)
	s.tell("both back")

	s.crash(0)
	s.do(1, "frozen", func(c *rnode.Conn) (sentinel.Snapshot, error) { return c.Freeze(ctx) })
	s.do(2, "frozen", func(c *rnode.Conn) (sentinel.Snapshot, error) { return c.Freeze(ctx) })
	s.do(1, "promoted", func(c *rnode.Conn) (sentinel.Snapshot, error) { return c.Promote(ctx, 1, 2*time.Second) })
	s.follow(2, 1, false)
	s.inSync(1, 2)
	s.tell("after a crash")
	s.servers[0].restart()
	s.dial(0)
	s.tell("another process in its place")
	s.follow(0, 1, false)
	s.inSync(1, 0, 2)
	s.tell("it has all again")

	s.do(1, "paused", func(c *rnode.Conn) (sentinel.Snapshot, error) { return c.Pause(ctx, 3*time.Second) })
	s.do(2, "caught up", func(c *rnode.Conn) (sentinel.Snapshot, error) {
		return c.AwaitOffset(ctx, s.snapshot(1).Offset, 2*time.Second)
	})
	s.do(1, "demoted", func(c *rnode.Conn) (sentinel.Snapshot, error) { return c.Demote(ctx) })
	s.do(2, "promoted", func(c *rnode.Conn) (sentinel.Snapshot, error) { return c.Promote(ctx, 1, 2*time.Second) })
	s.follow(0, 2, false)
	other := s.another(1, "other")
	s.follow(1, 2, true)
	s.lost(other, "a client that was cut")
	s.inSync(2, 0, 1)
	s.tell("switched over")
	s.write(2, "OK")
	s.inSync(2, 0, 1)

	older, same := s.another(2, "ctl-3"), s.another(2, "ctl-4")
	if err := s.servers[2].conn.KillOlder(ctx, func(name string) (bool, error) { return name == "ctl-3", nil }); err != nil {
		s.t.Fatal(err)
	}
	s.lost(older, "a leader of an older term")
	if _, err := same.Snapshot(ctx); err != nil {
		s.t.Errorf("the present term's connection: %v", err)
	}
	s.do(2, "pill", func(c *rnode.Conn) (sentinel.Snapshot, error) { return c.Pill(ctx) })
	s.lost(same, "a client of one that took the pill")
	s.tell("a former master keeps its replicas")
	s.follow(2, 0, false)
	s.do(0, "promoted", func(c *rnode.Conn) (sentinel.Snapshot, error) { return c.Promote(ctx, 0, 2*time.Second) })
	s.follow(1, 0, false)
	s.inSync(0, 1, 2)
	s.tell("the end")
}
