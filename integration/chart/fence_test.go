package chart_test

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestFenceIsLast tries what a user might put in, and demands that the last thing the
// server hears is to have no master: it is called by its name, so that no entrypoint of an
// image can add anything.
func TestFenceIsLast(t *testing.T) {
	flags := []any{values{"name": "VALKEY_EXTRA_FLAGS", "value": "--replicaof no one"}}
	for name, v := range map[string]values{
		"defaults":        {},
		"config":          {"redis": values{"config": values{"maxmemory-policy": "volatile-lfu", "maxclients": 1000000, "latency-tracking": false}}},
		"args":            {"redis": values{"extraArgs": []string{"--client-output-buffer-limit", "replica 64mb 16mb 60"}}},
		"an open end":     {"redis": values{"extraArgs": []string{"--loadmodule", "/usr/local/lib/redis/modules/rejson.so", "--client-output-buffer-limit"}}},
		"environment":     {"redis": values{"extraEnv": flags}},
		"password":        {"auth": values{"existingSecret": "s"}},
		"sidecar":         {"sentinel": values{"placement": "sidecar"}},
		"everything":      secure("sidecar"),
		"Valkey":          {"redis": values{"image": values{"repository": "valkey/valkey", "tag": "8.1-alpine"}, "extraEnv": flags}},
		"no command":      {"redis": values{"command": nil}},
		"another command": {"redis": values{"command": []string{"/opt/bin/server", "/etc/base.conf"}}},
	} {
		t.Run(name, func(t *testing.T) {
			redis := redisOf(t, v)
			words := slices.Concat(redis.Command, redis.Args)
			if got, want := words[max(0, len(words)-3):], []string{"--replicaof", "127.0.0.1", "1"}; !slices.Equal(got, want) {
				t.Errorf("the last words are %q, want %q", got, want)
			}
			want := []string{"redis-server"}
			if name == "another command" {
				want = []string{"/opt/bin/server", "/etc/base.conf"}
			}
			if got := redis.Command[min(3, len(redis.Command)):]; !slices.Equal(got, want) {
				t.Errorf("the server is called by %q, want %q", got, want)
			}
		})
	}
}

func redisOf(t *testing.T, v values) corev1.Container {
	t.Helper()
	return container(t, render(t, "dev", v).statefulSets["dev-redis-cache"].Spec.Template.Spec, "redis")
}

func redisArgs(t *testing.T, v values) []string {
	t.Helper()
	return redisOf(t, v).Args
}

// TestNoEmptyCommand: with none the image's entrypoint would be the one that starts Redis.
func TestNoEmptyCommand(t *testing.T) {
	for _, command := range [][]string{{}, {""}} {
		out, errOut, err := helm(t, "template", "dev", chartFolder, "-f", valuesFile(t, values{"redis": values{"command": command}}))
		if err == nil || !strings.Contains(errOut, "/redis/command") {
			t.Errorf("%q was not refused for what it is: %v %s%s", command, err, errOut, out)
		}
	}
}
