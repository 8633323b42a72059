package machine

import (
	"fmt"
	"net"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

// socketFile is the descriptor on which the first process of a machine takes orders.
const socketFile = 4

// serveInit is process 1 of a machine that is up. It ends with the connection.
func serveInit() error {
	file := os.NewFile(socketFile, "socket")
	conn, err := net.FileConn(file)
	if err != nil {
		return err
	}
	_ = file.Close() // conn has its own, which no program inherits
	server := rpc.NewServer()
	if err := server.RegisterName("Init", &Init{reaper: newReaper(), programs: map[string]*running{}}); err != nil {
		return err
	}
	server.ServeConn(conn)
	os.Exit(0)
	return nil
}

// Init starts and ends the programs of a machine. It is exported for net/rpc only.
type Init struct {
	reaper   *reaper
	mu       sync.Mutex
	programs map[string]*running
}

type running struct {
	pid   int
	ended chan struct{}
	code  int // after ended
}

// Up answers as soon as the machine is up.
func (i *Init) Up(struct{}, *struct{}) error { return nil }

// Start starts a program.
func (i *Init) Start(program Program, _ *struct{}) error {
	path, err := exec.LookPath(program.Args[0])
	if err != nil {
		return err
	}
	if path, err = filepath.Abs(path); err != nil {
		return err
	}
	out, err := process.LogFile(program.Log)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer func() { _ = null.Close() }()
	i.mu.Lock()
	defer i.mu.Unlock()
	if old := i.programs[program.Name]; old != nil && !old.hasEnded() {
		return fmt.Errorf("%s runs already", program.Name)
	}
	attr := &syscall.ProcAttr{
		Dir: "/", Env: slices.DeleteFunc(program.Env, isRole), Files: []uintptr{null.Fd(), out.Fd(), out.Fd()},
		Sys: &syscall.SysProcAttr{Setsid: true},
	}
	c, err := i.reaper.start(path, program.Args, attr)
	if err != nil {
		return err
	}
	r := &running{pid: c.pid, ended: make(chan struct{})}
	i.programs[program.Name] = r
	go func() {
		r.code = exitCode(<-c.ended)
		close(r.ended)
	}()
	return nil
}

// Signalled is a signal to a program.
type Signalled struct {
	Name   string
	Signal int
}

// Signal sends a signal to one program.
func (i *Init) Signal(to Signalled, _ *struct{}) error {
	r, err := i.find(to.Name)
	if err != nil || r.hasEnded() {
		return err
	}
	return syscall.Kill(r.pid, syscall.Signal(to.Signal))
}

// Wait waits for the end of one program.
func (i *Init) Wait(name string, code *int) error {
	r, err := i.find(name)
	if err != nil {
		return err
	}
	<-r.ended
	*code = r.code
	return nil
}

func (i *Init) find(name string) (*running, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if r := i.programs[name]; r != nil {
		return r, nil
	}
	return nil, fmt.Errorf("no program %s was started", name)
}

func (r *running) hasEnded() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}
