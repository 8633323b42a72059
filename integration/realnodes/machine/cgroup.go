package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

const cgroupRoot = "/sys/fs/cgroup"

// hierarchy is one mounted cgroup v1 hierarchy, such as memory or cpu,cpuacct.
type hierarchy struct {
	name        string // of its folder below cgroupRoot
	controllers string // as the mount option has it, such as name=systemd
}

type hierarchyList []hierarchy

// hierarchies are those that this computer has mounted where distributions mount them.
func hierarchies() (hierarchyList, error) {
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return nil, err
	}
	var all hierarchyList
	for line := range strings.Lines(string(text)) {
		// 4:memory:/some/path
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 || fields[1] == "" {
			continue // cgroup v2
		}
		h := hierarchy{name: strings.TrimPrefix(fields[1], "name="), controllers: fields[1]}
		if _, err := os.Stat(filepath.Join(cgroupRoot, h.name, "cgroup.procs")); err == nil {
			all = append(all, h)
		}
	}
	return all, nil
}

func (l hierarchyList) has(controller string) bool {
	return slices.ContainsFunc(l, func(h hierarchy) bool {
		return slices.Contains(strings.Split(h.controllers, ","), controller)
	})
}

// cgroup is a group of the same name in all hierarchies.
type cgroup string

func (c cgroup) path(h hierarchy) string { return filepath.Join(cgroupRoot, h.name, string(c)) }

// makeCgroup makes a group, whose parent exists.
func makeCgroup(name cgroup) error {
	own, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range own {
		if err := os.Mkdir(name.path(h), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		// A new cpuset is empty and takes nobody.
		for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
			parent := filepath.Join(filepath.Dir(name.path(h)), file)
			value, err := os.ReadFile(parent)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(name.path(h), file), value, 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// add moves a process into the group.
func (c cgroup) add(pid int) error {
	own, err := hierarchies()
	if err != nil {
		return err
	}
	for _, h := range own {
		if err := os.WriteFile(filepath.Join(c.path(h), "cgroup.procs"), []byte(strconv.Itoa(pid)), 0o644); err != nil {
			return fmt.Errorf("cgroup %s: %w", c, err)
		}
	}
	return nil
}

// remove kills whoever is still in the group or below it, and removes it. It may be
// called again where it failed because a process takes its time to end.
func (c cgroup) remove() error {
	own, err := hierarchies()
	if err != nil {
		return err
	}
	var errs []error
	for _, h := range own {
		errs = append(errs, removeTree(c.path(h)))
	}
	return errors.Join(errs...)
}

func removeTree(path string) error {
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeTree(filepath.Join(path, entry.Name())); err != nil {
				return err
			}
		}
	}
	pids, err := pidsIn(path)
	if err != nil {
		return err
	}
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	return os.Remove(path)
}

// pidsIn are the processes of one group of one hierarchy, as this process numbers them.
func pidsIn(path string) ([]int, error) {
	text, err := os.ReadFile(filepath.Join(path, "cgroup.procs"))
	if err != nil {
		return nil, err
	}
	var pids []int
	for field := range strings.FieldsSeq(string(text)) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			return nil, err
		}
		if pid > 0 { // 0 is one that this process cannot see
			pids = append(pids, pid)
		}
	}
	return pids, nil
}
