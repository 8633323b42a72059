package limits

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

const memoryRoot = "/sys/fs/cgroup/memory"

// Possible says what a computer lacks for memory cgroups; nil when nothing.
func Possible() error {
	if os.Geteuid() != 0 {
		return errors.New("memory cgroups need root: run this with sudo")
	}
	if _, err := os.Stat(filepath.Join(memoryRoot, "memory.oom_control")); err != nil {
		return fmt.Errorf("this needs the memory controller of cgroup v1: %w", err)
	}
	return nil
}

// group is a memory cgroup, as a container with a limit is one.
type group struct{ path string }

// newGroup makes a group of a name that nobody has, limited to so many bytes.
func newGroup(limit int64) (*group, error) {
	path, err := os.MkdirTemp(memoryRoot, "redis-limits-")
	if err != nil {
		return nil, err
	}
	g := &group{path}
	// A node of Kubernetes has no swap, or does not let pods use it.
	err = errors.Join(g.write("memory.swappiness", "0"), g.write("memory.limit_in_bytes", strconv.FormatInt(limit, 10)))
	if err != nil {
		return nil, errors.Join(err, g.remove())
	}
	return g, nil
}

func (g *group) write(file, text string) error {
	return os.WriteFile(filepath.Join(g.path, file), []byte(text), 0o644)
}

// read is the number behind a name in a file, or the file's only number when name is empty.
func (g *group) read(file, name string) (int64, error) {
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

// kills is how many processes the kernel has killed in it for their memory.
func (g *group) kills() (int64, error) { return g.read("memory.oom_control", "oom_kill ") }

// held is what it uses and the kernel cannot take back: all but the pages of files.
func (g *group) held() (int64, error) {
	used, err := g.read("memory.usage_in_bytes", "")
	active, err1 := g.read("memory.stat", "total_active_file ")
	inactive, err2 := g.read("memory.stat", "total_inactive_file ")
	return used - active - inactive, errors.Join(err, err1, err2)
}

// remove takes the group away, whose processes have been told to end.
func (g *group) remove() (err error) {
	for range 500 {
		if err = os.Remove(g.path); !errors.Is(err, syscall.EBUSY) {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}
