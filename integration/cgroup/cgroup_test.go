package cgroup

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// sh runs a script in the group and returns how it ended.
func sh(t *testing.T, g *Group, script string) error {
	t.Helper()
	return exec.CommandContext(t.Context(), "sh", "-c", `echo 0 >"$0" && `+script, g.Procs()).Run()
}

// group is what begin makes, for as long as the test.
func group(t *testing.T, controller string, begin func() (*Group, error)) *Group {
	t.Helper()
	if err := Possible(controller); err != nil {
		if os.Getenv("CI") != "true" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	g, err := begin()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := g.Remove(); err != nil {
			t.Error(err)
		}
	})
	return g
}

// TestMemory: who takes more is killed, and counted.
func TestMemory(t *testing.T) {
	g := group(t, "memory", func() (*Group, error) { return NewMemory(16 << 20) })
	err := sh(t, g, `exec dd if=/dev/zero of=/dev/null bs=64M count=1`)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("64 MB in a group of 16 ended with %v, want a kill", err)
	}
	if n, err := g.Kills(); n == 0 || err != nil {
		t.Errorf("%d kills (%v), want one", n, err)
	}
	if peak, err := g.Peak(); peak < 15<<20 || peak > 16<<20 || err != nil {
		t.Errorf("peak of %d bytes (%v), want what it was allowed", peak, err)
	}
}

// TestCPU: who takes more has to wait.
func TestCPU(t *testing.T) {
	g := group(t, "cpu", func() (*Group, error) { return NewCPU(100) })
	if err := sh(t, g, `i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done`); err != nil {
		t.Fatal(err)
	}
	if n, err := g.Throttled(); n == 0 || err != nil {
		t.Errorf("throttled %d times (%v), want more", n, err)
	}
}
