package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// Spec says what to run.
type Spec struct {
	Path string   // the binary; looked up in PATH when it has no slash
	Args []string // without the program's name
	Env  []string // the whole environment; nil inherits ours
	Dir  string   // working directory
	// Out receives standard output and standard error. A file is handed to the
	// child as it is; for anything else os/exec copies in a goroutine of its own.
	Out io.Writer
}

// Process is one started process. Its methods may be called at any time and from
// any goroutine.
type Process struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// Start starts the process. It does not wait for anything that the process does.
func Start(spec Spec) (*Process, error) {
	cmd := exec.Command(spec.Path, spec.Args...)
	cmd.Env, cmd.Dir = spec.Env, spec.Dir
	cmd.Stdout, cmd.Stderr = spec.Out, spec.Out
	cmd.SysProcAttr = attributes()
	// A grandchild that keeps the output pipe open must not hold up Wait.
	cmd.WaitDelay = time.Second
	if err := spawn(cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Path, err)
	}
	p := &Process{cmd: cmd, done: make(chan struct{})}
	go p.reap()
	return p, nil
}

func (p *Process) reap() {
	p.err = p.cmd.Wait()
	close(p.done)
}

// PID returns the process id, which is the id of its group too.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Done is closed when the process has ended and was reaped.
func (p *Process) Done() <-chan struct{} { return p.done }

// ExitCode returns the exit code as a container runtime reports it: 128 plus the
// signal's number after a signal. It may be asked only after Done.
func (p *Process) ExitCode() int {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return p.cmd.ProcessState.ExitCode()
}

// Err returns what Wait returned. It may be asked only after Done.
func (p *Process) Err() error { return p.err }

// Signal sends a signal to the process and to all that it started. A process
// that has ended is no error: the one who signals can never know.
func (p *Process) Signal(signal syscall.Signal) error {
	select {
	case <-p.done: // the id may belong to somebody else by now
		return nil
	default:
	}
	err := syscall.Kill(-p.PID(), signal)
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	return err
}

// Kill ends the process and its group at once and waits until it is gone.
func (p *Process) Kill() error {
	err := p.Signal(syscall.SIGKILL)
	if err == nil {
		<-p.done
	}
	return err
}

// LogFile creates a file for a process's output.
func LogFile(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
}
