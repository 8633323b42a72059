package machine

import (
	"io"
	"os"
	"syscall"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// gateFile is the descriptor of the pipe on which a new process 1 waits until it is in
// its cgroup.
const gateFile = 3

// world is process 1 of the namespaces that hold everything. It starts the program proper
// and takes over who has lost its parent; when the program ends, all else does.
func world() error {
	awaitGate()
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	files := []uintptr{0, 1, 2}
	for fd := uintptr(gateFile + 1); isOpen(fd); fd++ {
		files = append(files, fd)
	}
	reaper := newReaper()
	program, err := reaper.start(self, os.Args, &syscall.ProcAttr{Env: as(roleInside, os.Getenv(dirVariable)), Files: files})
	if err != nil {
		return err
	}
	defer forwardSignals(func(sig os.Signal) { _ = syscall.Kill(program.pid, sig.(syscall.Signal)) })()
	os.Exit(exitCode(<-program.ended))
	return nil
}

func awaitGate() {
	gate := os.NewFile(gateFile, "gate")
	_, _ = io.Copy(io.Discard, gate)
	_ = gate.Close()
}

// isOpen says whether a descriptor was handed on to this process. What the Go runtime opens
// for itself is closed on exec.
func isOpen(fd uintptr) bool {
	flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC == 0
}

func loopbackUp() error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	return netlink.LinkSetUp(lo)
}

// exitCode is what a shell would tell of a process.
func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}
