package versions

import (
	"fmt"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestCutLate: a former master has refused somebody a write, and its clients are cut once more,
// however many kinds of errors clients have made it count before: from 7.2 on Redis gives up
// counting then. Before 7.0 a write that a script tries counts as any error of a script, and is
// not noticed.
func TestCutLate(t *testing.T) {
	for _, v := range versions {
		t.Run(v.name, func(t *testing.T) {
			s := v.program(t).Start(t, v.network+".101", 6379)
			conn, _, err := node.Dial(t.Context(), sentinel.Addr{Host: s.Host, Port: s.Port}, "a-test", node.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(conn.Close)
			follow := func() {
				t.Helper()
				if _, err := conn.Follow(t.Context(), sentinel.Nowhere, true); err != nil {
					t.Fatal(err)
				}
			}
			late := func(what string, want bool, do func(*goredis.Client)) {
				t.Helper()
				c := client(t, s).Conn()
				defer c.Close()
				if err := c.Ping(t.Context()).Err(); err != nil {
					t.Fatal(err)
				}
				do(client(t, s)) // which drops a connection by itself that answers READONLY
				if _, err := conn.CutLate(t.Context()); err != nil {
					t.Fatal(err)
				}
				if cut := c.Ping(t.Context()).Err() != nil; cut != want {
					t.Errorf("%s: cut %v, want %v", what, cut, want)
				}
			}
			follow()
			late("a read", false, func(c *goredis.Client) { _ = c.Get(t.Context(), "k").Err() })
			late("a write", true, func(c *goredis.Client) { _ = c.Set(t.Context(), "k", "v", 0).Err() })
			late("a script that writes", !v.old, func(c *goredis.Client) {
				_ = c.Eval(t.Context(), "return redis.call('set', KEYS[1], 'v')", []string{"k"}).Err()
			})
			for kind := range 600 {
				_ = client(t, s).Eval(t.Context(), fmt.Sprintf("return redis.error_reply('KIND%d x')", kind), nil).Err()
			}
			follow()
			late("a write after errors of 600 kinds", true, func(c *goredis.Client) { _ = c.Set(t.Context(), "k", "v", 0).Err() })
		})
	}
}
