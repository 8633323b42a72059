package cgroup

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Group is one cgroup, made under a name that nobody has.
type Group struct{ path string }

// Possible says what a computer lacks for groups of a controller ("memory", "cpu"); nil
// when nothing.
func Possible(controller string) error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("%s cgroups need root: run this with sudo", controller)
	}
	if _, err := os.Stat(filepath.Join(root(controller), "notify_on_release")); err != nil {
		return fmt.Errorf("this needs the %s controller of cgroup v1: %w", controller, err)
	}
	return nil
}

func root(controller string) string { return filepath.Join("/sys/fs/cgroup", controller) }

// newGroup makes a group and writes its limits, of which the values are by file.
func newGroup(controller string, limits ...[2]string) (*Group, error) {
	if err := Possible(controller); err != nil {
		return nil, err
	}
	path, err := os.MkdirTemp(root(controller), "redis-limits-")
	if err != nil {
		return nil, err
	}
	g := &Group{path}
	for _, limit := range limits {
		if err := g.write(limit[0], limit[1]); err != nil {
			return nil, errors.Join(err, g.Remove())
		}
	}
	return g, nil
}

// Procs is the file that a process enters the group by, with its id or 0 for itself.
func (g *Group) Procs() string { return filepath.Join(g.path, "cgroup.procs") }

// Add moves a process, with all its threads, into the group; children begin there.
func (g *Group) Add(pid int) error { return g.write("cgroup.procs", strconv.Itoa(pid)) }

func (g *Group) write(file, text string) error {
	return os.WriteFile(filepath.Join(g.path, file), []byte(text), 0o644)
}

// read is the number behind a name in a file, or the file's only number when name is empty.
func (g *Group) read(file, name string) (int64, error) {
	text, err := os.ReadFile(filepath.Join(g.path, file))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), name); found {
			return strconv.ParseInt(strings.TrimSpace(value), 10, 64)
		}
	}
	return 0, fmt.Errorf("%s: %s has no %q", g.path, file, name)
}

// Remove takes the group away, whose processes have been told to end.
func (g *Group) Remove() (err error) {
	for range 500 {
		if err = os.Remove(g.path); !errors.Is(err, syscall.EBUSY) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}
