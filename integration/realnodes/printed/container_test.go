package printed

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/suite"
)

// fact is what the chart says of Redis' container, seen by a command in it.
type fact struct {
	name, look string
	is         func(out string) bool
}

var facts = []fact{
	{"process 1 is the server", `tr '\0' ' ' </proc/1/cmdline`, begins("redis-server ")},
	{"the fence is the last that it is told", `tr '\0' ' ' </proc/1/cmdline`, ends(" --replicaof 127.0.0.1 1 ")},
	{"born fenced", info, contains("role:slave", "master_host:127.0.0.1", "master_port:1", "master_link_status:down")},
	{"takes no writes", `redis-cli -h "$POD_IP" set key value 2>&1`, contains("READONLY")},
	{"/data is empty", "ls -A /data", equals("")},
	{"user and group", "id -u; id -g", equals("999\n999\n")},
	{"the root cannot be written to", "grep ' / ' /proc/mounts", contains(" ro,")},
	{"no capabilities", "grep CapEff: /proc/1/status", ends("\t0000000000000000\n")},
	{"no new privileges", "grep NoNewPrivs: /proc/1/status", ends("\t1\n")},
	{"system calls are filtered", "grep Seccomp: /proc/1/status", ends("\t2\n")},
	{"no token", "ls /var/run/secrets 2>&1 || true", contains("No such file")},
	{"no addresses of Services in its environment", "env", lacks("DEV_REDIS_CACHE")},
	{"maxmemory is a quarter of the limit", limit + `; redis-cli -h "$POD_IP" config get maxmemory`, aQuarter},
}

const (
	info  = `redis-cli -h "$POD_IP" info replication`
	limit = "cat /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null || cat /sys/fs/cgroup/memory.max"
)

func begins(with string) func(string) bool {
	return func(out string) bool { return strings.HasPrefix(out, with) }
}

func ends(with string) func(string) bool {
	return func(out string) bool { return strings.HasSuffix(out, with) }
}

func equals(all string) func(string) bool {
	return func(out string) bool { return out == all }
}

func lacks(part string) func(string) bool {
	return func(out string) bool { return !strings.Contains(out, part) }
}

func contains(parts ...string) func(string) bool {
	return func(out string) bool {
		for _, part := range parts {
			if !strings.Contains(out, part) {
				return false
			}
		}
		return true
	}
}

// aQuarter: first the limit, then maxmemory and its value.
func aQuarter(out string) bool {
	words := strings.Fields(out)
	if len(words) != 3 {
		return false
	}
	limit, err := strconv.Atoi(words[0])
	most, err2 := strconv.Atoi(words[2])
	return err == nil && err2 == nil && limit == 256<<20 && most*4 == limit
}

// TestContainer looks from inside at servers that nobody has given an order to yet, with
// values that try to have the last word.
func TestContainer(t *testing.T) {
	c := suite.Nodes(t)
	for name, repository := range map[string]string{"redis": "redis", "valkey": "valkey/valkey"} {
		t.Run(name, func(t *testing.T) {
			tag := map[string]string{"redis": "8.0-alpine", "valkey": "8.1-alpine"}[name]
			s := &set{Release: prepare(t, c, "container-"+name)}
			c.Install(t, s.Namespace, s.Name, cluster.Values{
				"redis": cluster.Values{
					"image":     cluster.Values{"repository": repository, "tag": tag},
					"config":    cluster.Values{"set-proc-title": "no"}, // or the arguments would not be seen
					"extraArgs": []string{"--hz", "20"},
					"extraEnv":  []any{cluster.Values{"name": "VALKEY_EXTRA_FLAGS", "value": "--replicaof no one"}},
				},
				"sentinel": cluster.Values{"replicas": 0},
			})
			for n := range 3 {
				s.look(t, s.Pod(n))
			}
			if !t.Failed() {
				c.Uninstall(t, s.Namespace, s.Name)
			}
		})
	}
}

func (s *set) look(t *testing.T, pod string) {
	t.Helper()
	inside := func(ctx context.Context, look string) (string, error) {
		return s.Kubectl(ctx, "-n", s.Namespace, "exec", pod, "-c", "redis", "--", "sh", "-c", look)
	}
	err := realnodes.Wait(t.Context(), settleMost, pod+" to answer", func(ctx context.Context) error {
		out, err := inside(ctx, `redis-cli -h "$POD_IP" ping`)
		if err == nil && out != "PONG\n" {
			err = fmt.Errorf("%q", out)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range facts {
		if out, err := inside(t.Context(), f.look); err != nil || !f.is(out) {
			t.Errorf("%s: %s: %q (%v)", pod, f.name, out, err)
		}
	}
}
