package machine

import (
	"context"
	"errors"
	"fmt"
	"net/rpc"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Program is what a machine is asked to start.
type Program struct {
	Name string // by which it is known afterwards
	Args []string
	Env  []string
	Log  string // file for its output
}

// Start starts a program that runs on. One of the same name that is still there is an error.
func (m *Machine) Start(ctx context.Context, name string, args ...string) error {
	program := Program{Name: name, Args: args, Log: m.Log(name), Env: os.Environ()}
	if err := m.call(ctx, "Init.Start", program, &struct{}{}); err != nil {
		return fmt.Errorf("start %s on %s: %w", name, m.plan.Name, err)
	}
	return nil
}

// Signal sends a signal to a program of a name. One that has ended is no error.
func (m *Machine) Signal(ctx context.Context, name string, signal syscall.Signal) error {
	return m.call(ctx, "Init.Signal", Signalled{Name: name, Signal: int(signal)}, &struct{}{})
}

// Wait waits for the end of a program and returns its exit code.
func (m *Machine) Wait(ctx context.Context, name string) (code int, err error) {
	return code, m.call(ctx, "Init.Wait", name, &code)
}

// Stop kills a program and waits for its end. What it had started runs on.
func (m *Machine) Stop(ctx context.Context, name string) error {
	if err := m.Signal(ctx, name, syscall.SIGKILL); err != nil {
		return err
	}
	_, err := m.Wait(ctx, name)
	return err
}

// Run runs a program to its end and returns what it wrote. The error holds it, too.
func (m *Machine) Run(ctx context.Context, args ...string) (string, error) {
	file, err := os.CreateTemp(m.plan.Dir, "run-")
	if err != nil {
		return "", err
	}
	_ = file.Close()
	defer func() { _ = os.Remove(file.Name()) }()
	program := Program{Name: filepath.Base(file.Name()), Args: args, Log: file.Name(), Env: os.Environ()}
	if err := m.call(ctx, "Init.Start", program, &struct{}{}); err != nil {
		return "", fmt.Errorf("%s: %w", strings.Join(args, " "), err)
	}
	code, err := m.Wait(ctx, program.Name)
	text, readErr := os.ReadFile(file.Name())
	if err = errors.Join(err, readErr); err == nil && code != 0 {
		err = fmt.Errorf("exit code %d: %s", code, strings.TrimSpace(string(text)))
	}
	if err != nil {
		err = fmt.Errorf("%s on %s: %w", strings.Join(args, " "), m.plan.Name, err)
	}
	return string(text), err
}

// Pids are the processes of cgroups below the machine's own, such as kubepods/*/pod1/*, as the
// program inside numbers them.
func (m *Machine) Pids(below string) ([]int, error) {
	lists, err := filepath.Glob(filepath.Join(cgroupRoot, "memory", string(m.group), below, "cgroup.procs"))
	if err != nil {
		return nil, err
	}
	var all []int
	for _, list := range lists {
		pids, err := pidsIn(filepath.Dir(list))
		if err != nil && !errors.Is(err, os.ErrNotExist) && !errors.Is(err, syscall.ENODEV) {
			return nil, err
		}
		all = append(all, pids...)
	}
	return all, nil
}

// call waits for an answer as long as the caller and the machine do.
func (m *Machine) call(ctx context.Context, method string, args, reply any) error {
	call := m.calls.Go(method, args, reply, make(chan *rpc.Call, 1))
	select {
	case <-call.Done:
		return call.Error
	case <-ctx.Done():
		return ctx.Err()
	case <-m.down:
		return fmt.Errorf("%s is down", m.plan.Name)
	}
}
