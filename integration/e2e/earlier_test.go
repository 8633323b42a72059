package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// earlier is the commit whose service stands beside this one's: the last before records had
// a format. Once there are releases it is the last one, or as far back as a service may be
// taken.
const earlier = "9ba8212f9339715e659195fe50188e7c369b4d05"

// buildEarlier builds the service as of that commit out of the history. A checkout without
// that (a shallow clone) cannot: the test is skipped, or fails where CI=true.
func buildEarlier(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "git", "-C", root, "cat-file", "-e", earlier+"^{commit}").CombinedOutput(); err != nil {
		lacks := t.Skipf
		if os.Getenv("CI") == "true" {
			lacks = t.Fatalf
		}
		lacks("this checkout lacks the history with commit %s: git fetch --unshallow (%v: %s)", earlier, err, strings.TrimSpace(string(out)))
	}
	dir := t.TempDir()
	source, binary := filepath.Join(dir, "source"), filepath.Join(dir, "earlier")
	must(t, "", "git", "-C", root, "archive", "--prefix=source/", "--output="+source+".tar", earlier)
	must(t, dir, "tar", "-xf", source+".tar")
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
