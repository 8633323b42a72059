package monitor

import (
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestDetachUnread: a process that refuses INFO fails every order, since each reads what it
// did. A freeze that means masters, too, detaches it all the same and says so.
func TestDetachUnread(t *testing.T) {
	s := redis.Start(t, "127.0.44.3", 6379, redis.Fence...)
	c := newCommander(t, s, 1)
	c.must(t, sentinel.Follow{Process: c.process, Master: sentinel.Addr{Host: "127.0.44.9", Port: 6379}})
	if err := s.Client().Do(t.Context(), "ACL", "SETUSER", "default", "-info").Err(); err != nil {
		t.Fatal(err)
	}
	master := func() any {
		role, err := s.Client().Do(t.Context(), "ROLE").Slice()
		if err != nil {
			t.Fatal(err)
		}
		return role[1]
	}
	if done := c.command(t.Context(), sentinel.Freeze{Process: c.process}); done.Err == nil || done.Detached || master() != "127.0.44.9" {
		t.Errorf("it may be a master, and was frozen: %+v, follows %v", done, master())
	}
	if done := c.command(t.Context(), sentinel.Freeze{Process: c.process, Masters: true}); done.Err == nil || !done.Detached {
		t.Errorf("frozen, unread: %+v", done)
	}
	if at := master(); at != sentinel.Nowhere.Host {
		t.Errorf("it follows %v", at)
	}
}
