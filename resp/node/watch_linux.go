package node

import (
	"crypto/tls"
	"net"
	"sync"
	"syscall"
)

// watcher notices the ends of all connections in the moment they come, and not with
// the next command. It asks the kernel for nothing but ends (EPOLLRDHUP): replies do
// not wake it, and a reply that came before the end can still be read.
type watcher struct {
	epoll int

	mu    sync.Mutex
	last  int64
	conns map[int64]*Conn
}

// theWatcher is that of this process, made with the first connection.
var theWatcher = sync.OnceValue(func() *watcher {
	epoll, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return nil // no more files: ends show with the next command
	}
	w := &watcher{epoll: epoll, conns: map[int64]*Conn{}}
	go w.run()
	return w
})

// watch begins with a connection; what has ended by now is noticed, too.
func watch(c *Conn) {
	w := theWatcher()
	file, ok := fileOf(c.net)
	if w == nil || !ok {
		return
	}
	w.mu.Lock()
	w.last++
	c.watched = w.last
	w.conns[c.watched] = c
	w.mu.Unlock()
	_ = file.Control(func(fd uintptr) { // a closed one was closed by us
		event := syscall.EpollEvent{Events: syscall.EPOLLRDHUP | syscall.EPOLLONESHOT, Fd: int32(c.watched), Pad: int32(c.watched >> 32)}
		_ = syscall.EpollCtl(w.epoll, syscall.EPOLL_CTL_ADD, int(fd), &event)
	})
}

// forget lets go of a connection; the kernel does so when it is closed.
func forget(c *Conn) {
	if c.watched == 0 {
		return
	}
	w := theWatcher()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, c.watched)
}

// run goes on for as long as the process.
func (w *watcher) run() {
	events := make([]syscall.EpollEvent, 128)
	for {
		n, err := syscall.EpollWait(w.epoll, events, -1)
		if err != nil && err != syscall.EINTR { //nolint:errorlint // as it comes from the kernel
			return
		}
		for _, event := range events[:max(n, 0)] {
			if c := w.conn(int64(event.Pad)<<32 | int64(uint32(event.Fd))); c != nil {
				c.end()
			}
		}
	}
}

func (w *watcher) conn(number int64) *Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.conns[number]
}

// fileOf is the socket under a connection.
func fileOf(c net.Conn) (syscall.RawConn, bool) {
	if over, ok := c.(*tls.Conn); ok {
		c = over.NetConn()
	}
	socket, ok := c.(syscall.Conn)
	if !ok {
		return nil, false
	}
	raw, err := socket.SyscallConn()
	return raw, err == nil
}
