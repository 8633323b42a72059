package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// earlier is the service that stands beside this one's: that of commit 9ba8212, the last
// before records had a format, without its tests. It lies here as a shallow clone, or one
// without its history, has to run these tests, too. Once there are releases it is the last
// one, or as far back as a service may be taken.
const earlier = "testdata/service-9ba8212.tar.gz"

// buildEarlier builds it.
func buildEarlier(t *testing.T) string {
	t.Helper()
	archive, err := filepath.Abs(earlier)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	binary := filepath.Join(dir, "earlier")
	source := filepath.Join(dir, "source")
	if err := os.Mkdir(source, 0o700); err != nil {
		t.Fatal(err)
	}
	must(t, source, "tar", "-xzf", archive)
	must(t, source, "go", "build", "-trimpath", "-o", binary, "./cmd/redis-sentinel-k8s")
	return binary
}

func must(t *testing.T, dir, program string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
}
