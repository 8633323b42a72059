package machine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"
)

const (
	cleanEvery = 20 * time.Millisecond
	cleanMost  = 30 * time.Second // processes that write to a slow disk end late
)

// hireJanitor starts the process that cleans up after this one, also when this one is
// killed: it waits for the end of a pipe. dismiss ends the pipe and waits until all is clean.
func hireJanitor(dir string) (dismiss func() error, err error) {
	wait, held, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = wait.Close() }()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args[0] = "realnodes-janitor"
	cmd.Env = as(roleJanitor, dir)
	cmd.Stdin, cmd.Stderr = wait, os.Stderr
	// A session of its own: what a terminal or `go test` sends to a group does not reach it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return func() error {
		_ = held.Close()
		return cmd.Wait()
	}, nil
}

func janitor() error {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	if err := clean(os.Getenv(dirVariable)); err != nil {
		return err
	}
	os.Exit(0)
	return nil
}

func clean(dir string) error {
	deadline := time.Now().Add(cleanMost)
	for {
		err := errors.Join(groupOf(dir).remove(), os.RemoveAll(dir))
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("something is left behind: %w", err)
		}
		time.Sleep(cleanEvery)
	}
}
