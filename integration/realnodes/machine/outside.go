package machine

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
)

// outside starts the janitor and the world, and waits for the ends of both.
func outside(options Options) (code int, err error) {
	if err := Possible(); err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "realnodes-")
	if err != nil {
		return 0, err
	}
	dismiss, err := hireJanitor(dir)
	if err != nil {
		return 0, errors.Join(err, os.RemoveAll(dir))
	}
	code, err = runWorld(dir, options)
	return code, errors.Join(err, dismiss())
}

// groupOf is the cgroup of everything that belongs to a folder.
func groupOf(dir string) cgroup { return cgroup(filepath.Base(dir)) }

func runWorld(dir string, options Options) (code int, err error) {
	if err := makeCgroup(groupOf(dir)); err != nil {
		return 0, err
	}
	gate, open, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer func() { _ = gate.Close() }()
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = as(roleWorld, dir)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.ExtraFiles = []*os.File{gate}
	if options.Files != nil {
		taken, err := options.Files()
		if err != nil {
			return 0, err
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, taken...)
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
		Pdeathsig:  syscall.SIGKILL,
	}
	// The signal comes when the thread that forked ends: this one must stay.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	stop := forwardSignals(func(sig os.Signal) { _ = cmd.Process.Signal(sig) })
	defer stop()
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("namespaces: %w", err)
	}
	if err := groupOf(dir).add(cmd.Process.Pid); err != nil {
		_ = cmd.Process.Kill()
		return 0, errors.Join(err, cmd.Wait())
	}
	_ = open.Close() // and the world goes on
	err = cmd.Wait()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(1, exit.ExitCode()), nil
	}
	return 0, err
}

// forwardSignals hands on what asks a program to end, as SIGTERM: this process must not end
// before the one inside. What a terminal sends reaches that one by itself, too.
func forwardSignals(to func(os.Signal)) (stop func()) {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-signals:
				to(syscall.SIGTERM)
			case <-done:
				return
			}
		}
	}()
	return func() { signal.Stop(signals); close(done) }
}
