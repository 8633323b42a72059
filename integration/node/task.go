package node

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"syscall"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

// task is one running container: a process, or a function of this program.
type task interface {
	PID() int // 0 for a function
	Signal(signal syscall.Signal) error
	Done() <-chan struct{}
	ExitCode() int // only after Done
}

// command is all that is needed to start a container, as often as needed and
// with the API server away.
type command struct {
	program string
	args    []string
	env     []string
	dir     string // working directory
	logs    string // folder with a file per restart
	self    func(context.Context) error
}

func (c command) start(ctx context.Context, restarts int32) (task, error) {
	if c.self != nil {
		return startSelf(ctx, c.self), nil
	}
	out, err := process.LogFile(filepath.Join(c.logs, fmt.Sprintf("%d.log", restarts)))
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }() // the child has its own copy
	p, err := process.Start(process.Spec{Path: c.program, Args: c.args, Env: c.env, Dir: c.dir, Out: out})
	if err != nil {
		return nil, err // not p: an interface with a nil pointer in it is not nil
	}
	return p, nil
}

// selfTask is a container that is a function.
type selfTask struct {
	cancel context.CancelFunc
	done   chan struct{}
	err    error
}

func startSelf(ctx context.Context, run func(context.Context) error) *selfTask {
	ctx, cancel := context.WithCancel(ctx)
	t := &selfTask{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(t.done)
		defer cancel()
		t.err = run(ctx)
	}()
	return t
}

func (t *selfTask) PID() int { return 0 }

var errSelf = errors.New("a container inside this program can only be ended")

func (t *selfTask) Signal(signal syscall.Signal) error {
	if signal != syscall.SIGTERM && signal != syscall.SIGKILL {
		return fmt.Errorf("%w, not get %s", errSelf, signal)
	}
	t.cancel()
	return nil
}

func (t *selfTask) Done() <-chan struct{} { return t.done }

func (t *selfTask) ExitCode() int {
	if t.err != nil && !errors.Is(t.err, context.Canceled) {
		return 1
	}
	return 0
}
