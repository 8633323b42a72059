package machine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

// Plan is what a machine is to be.
type Plan struct {
	Name    string // host name, name of its cable and of its cgroup: letters and digits, at most 15
	Address netip.Prefix
	Routes  map[netip.Prefix]netip.Addr
	Dir     string // its disk: it survives the machine's end
	// Disk maps folders that the machine sees, such as /var/lib/kubelet, to folders below Dir.
	Disk map[string]string
	// Shadows are files that the machine sees with a text of their own, and may write to
	// without effect on anybody: settings of the kernel that has to serve all of them.
	Shadows map[string]string
	// Sysctls are settings that each network namespace has for itself, by their paths below /proc/sys.
	Sysctls map[string]string
}

// Machine is a machine that is up, until Kill.
type Machine struct {
	plan  Plan
	group cgroup
	init  *exec.Cmd
	down  chan struct{} // closed when it is
	calls *rpc.Client
}

const bootMost = 30 * time.Second

// Boot starts a machine and returns when its first process takes orders. The same plan
// booted again finds its disk as it was left.
func Boot(ctx context.Context, network *Switch, plan Plan) (*Machine, error) {
	m := &Machine{plan: plan, group: groupOf(os.Getenv(dirVariable)) + cgroup("/"+plan.Name), down: make(chan struct{})}
	if err := m.boot(ctx, network); err != nil {
		return nil, fmt.Errorf("boot %s: %w", plan.Name, errors.Join(err, m.Kill()))
	}
	return m, nil
}

func (m *Machine) boot(ctx context.Context, network *Switch) error {
	if err := os.MkdirAll(m.logDir(), 0o755); err != nil {
		return err
	}
	if err := makeCgroup(m.group); err != nil {
		return err
	}
	open, err := m.startInit()
	if err != nil {
		return err
	}
	defer func() { _ = open.Close() }()
	if err := m.group.add(m.init.Process.Pid); err != nil {
		return err
	}
	if err := network.plug(m.plan.Name, m.init.Process.Pid); err != nil {
		return err
	}
	if err := json.NewEncoder(open).Encode(m.plan); err != nil {
		return err
	}
	_ = open.Close() // and the machine goes on
	ctx, cancel := context.WithTimeout(ctx, bootMost)
	defer cancel()
	return m.call(ctx, "Init.Up", struct{}{}, &struct{}{})
}

// startInit starts the first process, which waits at its gate for its plan.
func (m *Machine) startInit() (gate *os.File, err error) {
	wait, open, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = wait.Close() }()
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	defer func() { _ = theirs.Close() }()
	out, err := process.LogFile(filepath.Join(m.logDir(), "init.log"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	m.init = exec.Command("/proc/self/exe")
	m.init.Args[0] = "machine-" + m.plan.Name
	m.init.Env = as(roleBoot, os.Getenv(dirVariable))
	m.init.Stdout, m.init.Stderr = out, out
	m.init.ExtraFiles = []*os.File{wait, theirs}
	m.init.SysProcAttr = &syscall.SysProcAttr{
		Setsid: true,
		Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID |
			syscall.CLONE_NEWUTS | syscall.CLONE_NEWIPC,
	}
	if err := m.init.Start(); err != nil {
		return nil, fmt.Errorf("namespaces: %w", err)
	}
	m.calls = rpc.NewClient(ours)
	go func() {
		_ = m.init.Wait()
		close(m.down)
	}()
	return open, nil
}

func socketPair() (ours net.Conn, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	file := os.NewFile(uintptr(fds[0]), "machine")
	defer func() { _ = file.Close() }()
	ours, err = net.FileConn(file)
	return ours, os.NewFile(uintptr(fds[1]), "init"), err
}

// Kill ends the machine at once, as a cut of its power does.
func (m *Machine) Kill() error {
	if m.init == nil || m.init.Process == nil {
		return nil
	}
	_ = m.init.Process.Kill()
	<-m.down
	_ = m.calls.Close()
	return errors.Join(pull(m.plan.Name), m.removeGroup())
}

// removeGroup waits for the ends of processes that the kernel has already killed.
func (m *Machine) removeGroup() error {
	deadline := time.Now().Add(cleanMost)
	for {
		err := m.group.remove()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(cleanEvery)
	}
}

// Down is closed when the machine has ended.
func (m *Machine) Down() <-chan struct{} { return m.down }

// Unplug pulls the machine's cable. What it sends is lost without a word.
func (m *Machine) Unplug() error { return setCable(m.plan.Name, false) }

// Plug puts the cable back.
func (m *Machine) Plug() error { return setCable(m.plan.Name, true) }

func (m *Machine) logDir() string { return filepath.Join(m.plan.Dir, "logs") }

// Log is the file with what a program wrote.
func (m *Machine) Log(name string) string { return filepath.Join(m.logDir(), name+".log") }
