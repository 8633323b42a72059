package resp

import (
	"net"
	"os"
	"syscall"
	"unsafe"
)

// eventsAtOnce is how many sessions one question to the kernel finds.
const eventsAtOnce = 128

// pollSystem is epoll. Go's poller waits for it as for a socket, so that no thread stands
// still in the kernel.
type pollSystem struct {
	file   *os.File
	raw    syscall.RawConn
	fd     int
	ask    func(uintptr) bool // for events, into found; made once
	found  int
	events [eventsAtOnce]syscall.EpollEvent
	ids    [eventsAtOnce]int64
}

func newPollSystem() (*pollSystem, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if err = syscall.SetNonblock(fd, true); err != nil { // without it os.NewFile would not have it watched
		closeFD(fd)
		return nil, err
	}
	p := &pollSystem{file: os.NewFile(uintptr(fd), "sessions"), fd: fd}
	if p.raw, err = p.file.SyscallConn(); err != nil {
		_ = p.file.Close()
		return nil, err
	}
	p.ask = func(uintptr) bool {
		p.found = eventsNow(p.fd, p.events[:])
		return p.found > 0
	}
	return p, nil
}

// wait returns the ids of those who have something to read, or whose connection has ended.
func (p *pollSystem) wait() ([]int64, error) {
	if err := p.raw.Read(p.ask); err != nil {
		return nil, err
	}
	for i, e := range p.events[:p.found] {
		p.ids[i] = int64(uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32)
	}
	return p.ids[:p.found], nil
}

func (p *pollSystem) add(fd int, id int64) error {
	event := syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(id), Pad: int32(id >> 32)}
	return syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_ADD, fd, &event)
}

func (p *pollSystem) remove(fd int) { _ = syscall.EpollCtl(p.fd, syscall.EPOLL_CTL_DEL, fd, nil) }

func (p *pollSystem) close() { _ = p.file.Close() }

// bareFD makes another descriptor of a plain TCP connection's socket.
func bareFD(conn net.Conn) (fd int, err error) {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return noFD, syscall.EINVAL
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return noFD, err
	}
	var errno syscall.Errno
	err = raw.Control(func(of uintptr) {
		var made uintptr
		made, _, errno = syscall.RawSyscall(syscall.SYS_FCNTL, of, syscall.F_DUPFD_CLOEXEC, 0)
		fd = int(made)
	})
	if err == nil && errno != 0 {
		err = errno
	}
	return fd, err
}

// rawOf is for attempts to write to a plain TCP connection.
func rawOf(conn net.Conn) syscall.RawConn {
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// writeOnce writes what fits, as a write of net does: the scheduler is told, and the race
// detector.
func writeOnce(fd int, b []byte) (int, error) {
	n, err := syscall.Write(fd, b)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return -1, nil
	}
	return n, err
}

// connOf makes a connection of a descriptor, which is closed.
func connOf(fd int) (net.Conn, error) {
	file := os.NewFile(uintptr(fd), "session")
	defer func() { _ = file.Close() }()
	return net.FileConn(file)
}

// The calls below never wait, so the scheduler is not told of them: to tell it costs a fifth
// of a request.

// readNow reads what is there: 0 at the end of the stream, -1 if there is nothing.
func readNow(fd int, b []byte) (int, error) {
	return now(syscall.SYS_READ, fd, b)
}

// writeNow writes what fits: -1 if nothing does.
func writeNow(fd int, b []byte) (int, error) {
	return now(syscall.SYS_WRITE, fd, b)
}

func now(call uintptr, fd int, b []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b))) //nolint:gosec // as package syscall does
	switch errno {
	case 0:
		return int(n), nil
	case syscall.EAGAIN, syscall.EINTR:
		return -1, nil
	}
	return 0, errno
}

// eventsNow asks without waiting; less than one when there are none.
func eventsNow(fd int, events []syscall.EpollEvent) int {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0) //nolint:gosec // as package syscall does
	if errno != 0 {
		return 0
	}
	return int(n)
}

func closeFD(fd int) { _ = syscall.Close(fd) }

// shutFD ends both ways; who reads sees it.
func shutFD(fd int) { _ = syscall.Shutdown(fd, syscall.SHUT_RDWR) }

// shutReading lets a read see the end once it has read what is there.
func shutReading(fd int) { _ = syscall.Shutdown(fd, syscall.SHUT_RD) }
