package ends

import (
	"net"
	"sync"
	"syscall"
)

// all waits for the ends of all connections in one goroutine: most say nothing most of
// the time, and there are several for each Redis of a cluster.
var all watcher

// watcher asks the kernel (epoll) for nothing but the other side's end, so that what
// arrives before does not wake it.
type watcher struct {
	once sync.Once
	fd   int
	err  error // there is no epoll

	mu   sync.Mutex
	last uint64
	open map[uint64]func() // what is to be called, by the number in the event
}

// Watch is one connection that is watched.
type Watch struct {
	number uint64
	raw    syscall.RawConn
}

// Tell calls lost, once and from a goroutine that must not be held up, when the other
// side has ended its half of the connection or all of it, even if that was before. It
// returns nil where a connection cannot be watched.
func Tell(conn net.Conn, lost func()) *Watch { return all.begin(conn, lost) }

// Stop must be called before the connection is closed: its number in the kernel may be
// that of another one afterwards. lost may be under way still. A nil Watch has nothing
// to stop.
func (w *Watch) Stop() {
	if w == nil {
		return
	}
	all.forget(w.number)
	_ = w.raw.Control(func(fd uintptr) { _ = syscall.EpollCtl(all.fd, syscall.EPOLL_CTL_DEL, int(fd), nil) })
}

func (w *watcher) begin(conn net.Conn, lost func()) *Watch {
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
	one := &Watch{number: w.last, raw: raw}
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
