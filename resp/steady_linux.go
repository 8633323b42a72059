package resp

import (
	"cmp"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/ends"
)

// steadyAfter is how often a client has sent something before it is taken for one that
// goes on: to watch it costs as much as a few of its requests.
const steadyAfter = 32

// readSteadily is the loop of a client that asks again and again. Go reads before each
// wait, finds nothing nearly every time, and pays a fifth of the request for it. Here a
// read that did not fill the buffer has emptied the socket, and the next thing is to
// wait: the poller keeps what happens meanwhile. Only one thing would be missed, an end
// that arrived together with the last request; package ends tells it.
//
// It returns nil when the rest is to be read as usual: when the client has ended its
// half of the connection, or where this way does not work (TLS).
func (s *Session) readSteadily(in *intake) error {
	tcp, plain := s.conn.(*net.TCPConn)
	if !plain {
		return nil
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return err
	}
	var ended atomic.Bool
	watch := ends.Tell(tcp, func() {
		ended.Store(true)
		_ = tcp.SetReadDeadline(time.Unix(1, 0)) // ends the wait
	})
	if watch == nil {
		return nil
	}
	defer watch.Stop()
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		failed = s.empty(int(fd), in)
		return failed != nil // otherwise it waits and calls again
	})
	if ended.Load() && errors.Is(err, os.ErrDeadlineExceeded) {
		err = tcp.SetReadDeadline(time.Time{})
		if s.server.ctx.Err() != nil { // Close has set one, too, maybe before
			return errEnded
		}
	}
	return cmp.Or(failed, err)
}

// empty reads and answers until the socket holds nothing more.
func (s *Session) empty(fd int, in *intake) error {
	for {
		space := in.input.space()
		n, err := syscall.Read(fd, space)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EAGAIN):
			return nil
		case err != nil:
			return os.NewSyscallError("read", err)
		case n == 0:
			return io.EOF
		}
		if err := s.take(n, in); err != nil || n < len(space) {
			return err
		}
	}
}
