package node

import (
	"net"
	"sync"
	"time"
)

// watched reads all the time, so that the end of a connection is noticed in the
// moment it comes and not with the next command. go-redis reads from the pipe.
type watched struct {
	net.Conn
	pipe net.Conn
	once sync.Once
}

func watch(conn net.Conn, lost chan<- struct{}) net.Conn {
	inner, outer := net.Pipe()
	w := &watched{Conn: conn, pipe: outer}
	go func() {
		defer close(lost)
		defer inner.Close()
		pump(conn, inner)
	}()
	return w
}

// pump copies until either side ends, or until what comes is no reply of a Redis.
func pump(from, to net.Conn) {
	buf := make([]byte, bufferSize)
	var g guard
	for {
		n, err := from.Read(buf)
		if n > 0 {
			if g.pass(buf[:n]) != nil {
				return
			}
			if _, werr := to.Write(buf[:n]); werr != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *watched) Read(p []byte) (int, error) { return w.pipe.Read(p) }

func (w *watched) Close() error {
	var err error
	w.once.Do(func() {
		_ = w.pipe.Close()
		err = w.Conn.Close()
	})
	return err
}

func (w *watched) SetDeadline(t time.Time) error {
	if err := w.pipe.SetReadDeadline(t); err != nil {
		return err
	}
	return w.SetWriteDeadline(t)
}

func (w *watched) SetReadDeadline(t time.Time) error { return w.pipe.SetReadDeadline(t) }
