package node

import (
	"net"
	"sync"
	"syscall"
)

// ends tells of the ends of connections. One goroutine waits for all: most connections
// say nothing most of the time, and there are several for each Redis of a cluster.
var ends watcher

// watcher asks the kernel (epoll) for nothing but the other side's end, so that replies
// do not wake it.
type watcher struct {
	once sync.Once
	fd   int
	err  error // there is no epoll: ends are noticed with the next command

	mu   sync.Mutex
	last uint64
	open map[uint64]func() // what is to be called, by the number in the event
}

// watch is one connection that is watched.
type watch struct {
	number uint64
	raw    syscall.RawConn
}

// begin calls lost when the other side has ended the connection; nil where it cannot be
// watched.
func (w *watcher) begin(conn net.Conn, lost func()) *watch {
	if w.once.Do(w.start); w.err != nil {
		return nil
	}
	if encrypted, is := conn.(interface{ NetConn() net.Conn }); is {
		conn = encrypted.NetConn()
	}
	socket, is := conn.(syscall.Conn)
	if !is {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	w.mu.Lock()
	w.last++
	one := &watch{number: w.last, raw: raw}
	w.open[one.number] = lost
	w.mu.Unlock()
	event := syscall.EpollEvent{
		Events: syscall.EPOLLRDHUP | syscall.EPOLLONESHOT, // and EPOLLHUP and EPOLLERR, always
		Fd:     int32(one.number), Pad: int32(one.number >> 32),
	}
	_ = raw.Control(func(fd uintptr) { err = syscall.EpollCtl(w.fd, syscall.EPOLL_CTL_ADD, int(fd), &event) })
	if err != nil {
		w.forget(one.number)
		return nil
	}
	return one
}

// end must be called before the connection is closed: its number in the kernel may be
// that of another one afterwards.
func (w *watcher) end(one *watch) {
	if one == nil {
		return
	}
	w.forget(one.number)
	_ = one.raw.Control(func(fd uintptr) { _ = syscall.EpollCtl(w.fd, syscall.EPOLL_CTL_DEL, int(fd), nil) })
}

// forget returns what was to be called, nil if it was called or taken back before.
func (w *watcher) forget(number uint64) func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	lost := w.open[number]
	delete(w.open, number)
	return lost
}

func (w *watcher) start() {
	w.open = map[uint64]func(){}
	if w.fd, w.err = syscall.EpollCreate1(syscall.EPOLL_CLOEXEC); w.err == nil {
		go w.run()
	}
}

// run never ends, like the process's other tables.
func (w *watcher) run() {
	events := make([]syscall.EpollEvent, 128)
	for {
		n, err := syscall.EpollWait(w.fd, events, -1)
		if err != nil {
			continue // EINTR; nothing else can happen to a descriptor that is never closed
		}
		for _, e := range events[:n] {
			if lost := w.forget(uint64(uint32(e.Fd)) | uint64(uint32(e.Pad))<<32); lost != nil {
				lost()
			}
		}
	}
}
