package machine

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// boot makes a machine out of a process that has its namespaces and is in its cgroup.
func boot() error {
	// A namespace for cgroups is had by one thread alone, and kept by what it executes.
	runtime.LockOSThread()
	gate := os.NewFile(gateFile, "gate")
	var plan Plan
	if err := json.NewDecoder(gate).Decode(&plan); err != nil {
		return fmt.Errorf("no plan: %w", err)
	}
	_ = gate.Close()
	if err := unix.Unshare(unix.CLONE_NEWCGROUP); err != nil {
		return fmt.Errorf("cgroup namespace: %w", err)
	}
	if err := unix.Sethostname([]byte(plan.Name)); err != nil {
		return err
	}
	if err := mountAll(plan); err != nil {
		return err
	}
	if err := configureCard(plan); err != nil {
		return err
	}
	for name, value := range plan.Sysctls {
		if err := os.WriteFile(filepath.Join("/proc/sys", name), []byte(value), 0o644); err != nil {
			return err
		}
	}
	// The inherited socket is the one thing that init has beside its output.
	return syscall.Exec("/proc/self/exe", []string{"machine-" + plan.Name}, as(roleInit, os.Getenv(dirVariable)))
}

// mountAll gives the machine its own view of the file system. Nothing of it is seen
// outside, and all of it goes with the machine.
func mountAll(plan Plan) error {
	own, err := hierarchies()
	if err != nil {
		return err
	}
	// Kubelets want shared mounts, to hand on to containers what is mounted later.
	steps := []mount{
		{target: "/", flags: unix.MS_REC | unix.MS_PRIVATE},
		{target: "/", flags: unix.MS_REC | unix.MS_SHARED},
		{source: "proc", target: "/proc", kind: "proc"},
		{source: "sysfs", target: "/sys", kind: "sysfs"},
		{source: "cgroup", target: cgroupRoot, kind: "tmpfs", data: "mode=755"},
	}
	for _, h := range own {
		steps = append(steps, mount{source: "cgroup", target: filepath.Join(cgroupRoot, h.name), kind: "cgroup", data: h.mountData(), make: true})
	}
	for _, scratch := range []string{"/var/lib", "/var/log", "/run"} {
		steps = append(steps, mount{source: "tmpfs", target: scratch, kind: "tmpfs", data: "mode=755"})
	}
	for _, folder := range []string{"/run/lock", "/run/netns"} {
		steps = append(steps, mount{target: folder, make: true})
	}
	for target, folder := range plan.Disk {
		source := filepath.Join(plan.Dir, folder)
		if err := os.MkdirAll(source, 0o755); err != nil {
			return err
		}
		steps = append(steps, mount{source: source, target: target, flags: unix.MS_BIND, make: true})
	}
	for target, text := range plan.Shadows {
		source := filepath.Join(plan.Dir, "shadows", filepath.Base(target))
		if err := writeFile(source, text); err != nil {
			return err
		}
		steps = append(steps, mount{source: source, target: target, flags: unix.MS_BIND})
	}
	for _, step := range steps {
		if err := step.do(); err != nil {
			return fmt.Errorf("mount %s: %w", step.target, err)
		}
	}
	return nil
}

// mountData asks for a hierarchy that exists already.
func (h hierarchy) mountData() string {
	if h.controllers != h.name {
		return "none," + h.controllers
	}
	return h.controllers
}

// mount is one step of mountAll. Without a kind and without flags only the folder is made.
type mount struct {
	source, target, kind, data string
	flags                      uintptr
	make                       bool // the target
}

func (m mount) do() error {
	if m.make {
		if err := os.MkdirAll(m.target, 0o755); err != nil {
			return err
		}
	}
	if m.kind == "" && m.flags == 0 {
		return nil
	}
	return unix.Mount(m.source, m.target, m.kind, m.flags, m.data)
}

func writeFile(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o644)
}
