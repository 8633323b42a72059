package chart_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"
)

// directive is what the arguments say of one, the last time.
func directive(args []string, name string) string {
	value := ""
	for n, arg := range args {
		if arg == "--"+name {
			end := slices.IndexFunc(args[n+1:], func(word string) bool { return strings.HasPrefix(word, "--") })
			value = strings.Join(args[n+1:][:end], " ")
		}
	}
	return value
}

// TestMemoryFollowsTheLimit: with every way to write a limit that Kubernetes knows.
func TestMemoryFollowsTheLimit(t *testing.T) {
	for _, limit := range []any{
		"128Mi", "256Mi", "1Gi", "4Gi", "1.5Gi", "0.5Gi", ".5Gi", "1Ti", "262144Ki", "256M", "1G", "0.25G", "268435k",
		"268435456", 268435456, "2e8", "2.5E8", "134217728000m", 1.5e9,
	} {
		args := redisArgs(t, values{"redis": values{"resources": values{"limits": values{"memory": limit}, "requests": values{"memory": limit}}}})
		text, is := limit.(string)
		if !is {
			text = strconv.FormatFloat(number(limit), 'f', -1, 64)
		}
		quantity := resource.MustParse(text)
		bytes := quantity.Value()
		buffer, pubsub := bytes/8, min(bytes/32, 32<<20)
		soft := min(bytes/128, 8<<20)
		for name, want := range map[string]string{
			"maxmemory":                      strconv.FormatInt(bytes/4, 10),
			"repl-backlog-size":              strconv.FormatInt(bytes/32, 10),
			"replica-full-sync-buffer-limit": strconv.FormatInt(bytes*3/8, 10),
			"client-output-buffer-limit":     "pubsub " + strconv.FormatInt(pubsub, 10) + " " + strconv.FormatInt(soft, 10) + " 60",
		} {
			if got := directive(args, name); got != want {
				t.Errorf("limit %v: %s %q, want %q", limit, name, got, want)
			}
		}
		want := strconv.FormatInt(buffer, 10)
		if at := slices.Index(args, "replica"); at < 0 || !slices.Equal(args[at:at+4], []string{"replica", want, want, "60"}) {
			t.Errorf("limit %v: no output buffer limit of %s in %q", limit, want, args)
		}
	}
}

func number(limit any) float64 {
	if n, is := limit.(int); is {
		return float64(n)
	}
	return limit.(float64)
}

// TestMemoryWithoutALimit: nothing is known, so nothing is bounded but by Redis itself.
func TestMemoryWithoutALimit(t *testing.T) {
	args := redisArgs(t, values{"redis": values{"resources": values{"limits": nil}}})
	if got := directive(args, "maxmemory"); got != "0" {
		t.Errorf("maxmemory %q, want 0", got)
	}
	for _, name := range []string{"client-output-buffer-limit", "replica-full-sync-buffer-limit"} {
		if got := directive(args, name); got != "" {
			t.Errorf("%s %q without a limit", name, got)
		}
	}
}

// TestMemoryOfVersions: who does not know a directive does not start with it, and before
// Redis 7 each replica has a buffer of its own, as large as two may have, however many there are.
func TestMemoryOfVersions(t *testing.T) {
	for _, test := range []struct {
		repository, tag  string
		replicas         int
		full, dual, both string // the last one is the output buffer limit
	}{
		{"redis", "8.0-alpine", 3, "100663296", "", "33554432"},
		{"registry.example.com/mirror/redis", "8", 3, "100663296", "", "33554432"},
		{"redis", "7.4-alpine", 3, "", "", "33554432"},
		{"redis", "6.2-alpine", 3, "", "", "16777216"},
		{"redis", "6.2-alpine", 1, "", "", "16777216"},
		{"redis", "6.2-alpine", 9, "", "", "16777216"}, // the notes tell that nine are too many
		{"valkey/valkey", "8.1-alpine", 3, "", "yes", "33554432"},
		{"valkey/valkey", "10.0", 3, "", "yes", "33554432"},
		{"valkey/valkey", "7.2", 3, "", "", "33554432"},
		{"example.com/cache", "8.0", 3, "", "", "33554432"},
		{"redis", "latest", 3, "", "", "33554432"},
	} {
		args := redisArgs(t, values{"replicaCount": test.replicas, "redis": values{
			"image":     values{"repository": test.repository, "tag": test.tag},
			"resources": values{"limits": values{"memory": "256Mi"}},
		}})
		got := [3]string{directive(args, "replica-full-sync-buffer-limit"), directive(args, "dual-channel-replication-enabled"), args[slices.Index(args, "replica")+1]}
		if want := [3]string{test.full, test.dual, test.both}; got != want {
			t.Errorf("%s:%s, %d servers: %q, want %q", test.repository, test.tag, test.replicas, got, want)
		}
	}
}

// TestMemoryRiskIsTold: what is out of the safe range is allowed, and the notes say so.
func TestMemoryRiskIsTold(t *testing.T) {
	const risk = "a full sync under writes may take more memory than the limit"
	for _, test := range []struct {
		redis values
		want  string // empty: nothing is said
	}{
		{values{}, ""},
		{values{"maxmemoryPercent": 20}, ""},
		{values{"maxmemoryPercent": 26}, risk},
		{values{"config": values{"maxmemory": "1gb"}}, risk},
		{values{"config": values{"Client-Output-Buffer-Limit": "replica 64mb 64mb 60"}}, risk},
		{values{"extraArgs": []string{"--repl-backlog-size", "100mb"}}, risk},
		{values{"resources": values{"limits": nil}}, "Redis has no memory limit"},
	} {
		notes := notes(t, values{"redis": test.redis})
		told := strings.Contains(notes, risk) || strings.Contains(notes, "no memory limit")
		if told != (test.want != "") || !strings.Contains(notes, test.want) {
			t.Errorf("%v: the notes want %q:\n%s", test.redis, test.want, notes)
		}
	}
}
