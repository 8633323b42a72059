package sentinel

import (
	"strings"
	"testing"
	"time"
)

func TestProgram(t *testing.T) {
	for info, want := range map[string]string{
		"# Server\r\nredis_version:7.0.15\r\nredis_mode:standalone\r\n":                             "Redis 7.0.15",
		"# Server\r\nredis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.1.1\r\nos:x\r\n": "Valkey 8.1.1",
		"redis_version:8.0.2":    "Redis 8.0.2",
		"":                       "",
		"# Server\r\nos:Linux\r": "",
		"redis_version:" + strings.Repeat("9", 1000): "Redis " + strings.Repeat("9", mostProgram),
	} {
		if got := (&Snapshot{Info: info}).program(); got != want {
			t.Errorf("%.60q: %q, want %q", info, got, want)
		}
	}
}

// TestTellPrograms: of those that are not in sync, and only where they differ.
func TestTellPrograms(t *testing.T) {
	began := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	made := func(name string, ordinal int, version string, since time.Time) *instance {
		i := &instance{pod: Pod{Name: name, UID: name, Ordinal: ordinal}, unsyncedSince: since}
		if version != "" {
			i.snapshot = &Snapshot{Info: "redis_version:" + version + "\r\n"}
		}
		return i
	}
	master := made("redis-0", 0, "8.0.2", time.Time{})
	for what, test := range map[string]struct {
		others []*instance
		want   string
	}{
		"all alike":          {[]*instance{made("redis-1", 1, "8.0.2", began)}, ""},
		"one that is silent": {[]*instance{made("redis-1", 1, "", began)}, ""},
		"one in sync":        {[]*instance{made("redis-1", 1, "7.0.15", time.Time{})}, ""},
		"two that are older": {
			[]*instance{made("redis-2", 2, "7.0.15", began), made("redis-1", 1, "6.2.14", began)},
			"; redis-0 is Redis 8.0.2, redis-1 is Redis 6.2.14, redis-2 is Redis 7.0.15: not each can read what the other sends (docs/versions.md)",
		},
	} {
		m := &Machine{instances: map[string]*instance{"redis-0": master}}
		for _, i := range test.others {
			m.instances[i.pod.UID] = i
		}
		if got := m.tellPrograms(master); got != test.want {
			t.Errorf("%s: %q, want %q", what, got, test.want)
		}
	}
}
