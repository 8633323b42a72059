package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// TestMain lets the test's binary be the process with the modelled servers, too: bench
// starts itself for that.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && strings.HasPrefix(os.Args[1], "--fleet=") {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestSmoke runs the whole bench in its smallest form, with the service's real binary
// and the real redis-sentinel: every row must have a figure. How fast anything is, is
// no matter here.
func TestSmoke(t *testing.T) {
	redis.Binary(t, "redis-sentinel")
	o := options{form: smoke(), service: filepath.Join(t.TempDir(), "redis-sentinel-k8s"), dir: t.TempDir(), say: t.Logf}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", o.service, "../../cmd/redis-sentinel-k8s")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r, err := both(t.Context(), o)
	if err != nil {
		t.Error(err)
	}
	for _, row := range r.Rows {
		if len(row.Figures) == 0 {
			t.Errorf("%s: %s", row.What, row.Measured)
		}
	}
	for _, g := range goals {
		if !slices.ContainsFunc(r.Rows, func(r row) bool { return r.Goal == g.key }) {
			t.Errorf("no row for the aim %q", g.what)
		}
	}
	if units := strings.Count(picture(r.Curves), `class="title"`); units != 3 {
		t.Errorf("the picture has %d panels, want 3: memory, CPU and time", units)
	}
	if t.Failed() {
		t.Logf("\n%s\n%s", r.aims(), r.others())
	}
}
