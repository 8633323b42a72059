package memoryonly

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// version is one server.
type version struct {
	name string
	file string // in the folder of versions/install.sh; empty: this computer's redis-server
	old  bool   // before 7.0
}

var versions = []version{
	{"Redis 7.0", "", false},
	{"Redis 6.2", "redis-6.2", true},
	{"Redis 8.0", "redis-8.0", false},
	{"Valkey 8.1", "valkey-8.1", false},
	{"Valkey 9.1", "valkey-9", false},
}

// program finds the binary, or skips the test; under CI=true that is a failure.
func (v version) program(t *testing.T) string {
	t.Helper()
	if v.file == "" {
		return redis.Binary(t, "redis-server")
	}
	folder := must(exec.CommandContext(t.Context(), "sh", "../versions/install.sh", "--where").Output())(t)
	path := filepath.Join(strings.TrimSpace(string(folder)), v.file)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: make versions", v.name)
		}
		t.Skipf("%s is missing: make versions", v.name)
	}
	link := filepath.Join(t.TempDir(), "redis-server") // 6.2 takes itself for a Sentinel in some folders
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	return link
}
