package clients

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// gates keep programs from starting: each program waits while the file of its name
// is there. It stands for a container that does not come back at once.
type gates struct {
	dir string
	t   testing.TB
}

// around wraps a binary; option is the argument whose value names the gate.
func (g gates) around(binary, option string) string {
	script := fmt.Sprintf("#!/bin/sh\nnext=\nfor a in \"$@\"; do\n\t[ -n \"$next\" ] && gate=$a && next=\n\t[ \"$a\" = %s ] && next=yes\ndone\n"+
		"while [ -e \"%s/$gate\" ]; do sleep 0.02; done\nexec %s \"$@\"\n", option, g.dir, binary)
	path := filepath.Join(g.dir, "start-"+filepath.Base(binary))
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		g.t.Fatal(err)
	}
	return path
}

func (g gates) shut(name string) {
	g.t.Helper()
	if err := os.WriteFile(filepath.Join(g.dir, name), nil, 0o600); err != nil {
		g.t.Fatal(err)
	}
}

func (g gates) open(name string) {
	g.t.Helper()
	if err := os.Remove(filepath.Join(g.dir, name)); err != nil {
		g.t.Fatal(err)
	}
}

// killed ends a process of somebody else's care and waits until it is gone.
func killed(t testing.TB, pid int) {
	t.Helper()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	deadline := time.Now().Add(5 * time.Second)
	for syscall.Kill(pid, 0) == nil {
		if time.Now().After(deadline) {
			t.Fatalf("process %d is still there", pid)
		}
		time.Sleep(time.Millisecond)
	}
}
