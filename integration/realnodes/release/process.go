package release

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// The names of processes, as the kernel shortens them.
const (
	redisProcess   = "-server" // redis-server or valkey-server
	serviceProcess = "redis-sentinel-"
)

// Process is the process behind a container, as this program numbers it.
type Process struct{ PID int }

// Redis is the running server of a pod.
func (r *Release) Redis(ctx context.Context, pod string) (Process, error) {
	return r.process(ctx, pod, func(name string) bool { return strings.HasSuffix(name, redisProcess) })
}

// Service is the running service of a pod.
func (r *Release) Service(ctx context.Context, pod string) (Process, error) {
	return r.process(ctx, pod, func(name string) bool { return name == serviceProcess })
}

func (r *Release) process(ctx context.Context, pod string, is func(name string) bool) (Process, error) {
	node, err := r.NodeOf(ctx, pod)
	if err != nil {
		return Process{}, err
	}
	owner, err := r.pod(ctx, pod)
	if err != nil {
		return Process{}, err
	}
	all, err := node.Machine.Pids(filepath.Join("kubepods", "*", "pod"+string(owner.UID), "*"))
	if err != nil {
		return Process{}, err
	}
	for _, pid := range all {
		name, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
		if err == nil && is(strings.TrimSpace(string(name))) {
			return Process{PID: pid}, nil
		}
	}
	return Process{}, fmt.Errorf("%s has no such process", pod)
}

// Kill ends the process without a warning.
func (p Process) Kill() error { return syscall.Kill(p.PID, syscall.SIGKILL) }

// Gone says whether the process has ended.
func (p Process) Gone() bool { return syscall.Kill(p.PID, 0) != nil }
