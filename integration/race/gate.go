package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// gate is a redis-server that starts only while the gate is open: a process that is
// restarted at once stays away all the same.
type gate struct{ dir string }

// newGate writes the program into a folder of its own.
func newGate(dir string) (*gate, error) {
	server, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, err
	}
	if server, err = filepath.Abs(server); err != nil {
		return nil, err
	}
	g := &gate{dir: filepath.Join(dir, "gate")}
	if err := os.MkdirAll(g.dir, 0o700); err != nil {
		return nil, err
	}
	script := fmt.Sprintf("#!/bin/sh\nwhile [ -e '%s' ]; do sleep 0.02; done\nexec '%s' \"$@\"\n", g.bar(), server)
	return g, os.WriteFile(filepath.Join(g.dir, "redis-server"), []byte(script), 0o700)
}

func (g *gate) bar() string { return filepath.Join(g.dir, "shut") }

// environment makes a program find this redis-server.
func (g *gate) environment() []string {
	env := os.Environ()
	for i, entry := range env {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			env[i] = "PATH=" + g.dir + string(filepath.ListSeparator) + path
		}
	}
	return env
}

func (g *gate) shut() error { return os.WriteFile(g.bar(), nil, 0o600) }

// open may be called when it is open.
func (g *gate) open() error {
	err := os.Remove(g.bar())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
