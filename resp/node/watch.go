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

// watch calls lost when the connection has ended, from either side.
func watch(conn net.Conn, lost func()) net.Conn {
	inner, outer := net.Pipe()
	w := &watched{Conn: conn, pipe: outer}
	go func() {
		defer lost()
		defer inner.Close()
		pump(conn, inner)
	}()
	return w
}

// pump copies until either side ends, or until what comes is no reply of a Redis.
func pump(from, to net.Conn) {
	var g guard
	next := reader(from)
	for {
		p, err := next()
		if p.n > 0 {
			if g.pass(p.bytes()) != nil {
				return
			}
			if _, werr := to.Write(p.bytes()); werr != nil {
				return
			}
		}
		p.free()
		if err != nil {
			return
		}
	}
}

// piece is what one read has brought, in a buffer that is lent for as long as it takes
// to pass it on: most connections wait for something to come, most of the time.
type piece struct {
	buf  *[pieceSize]byte
	n    int
	lent bool
}

// pieceSize holds what a Redis with a few replicas says about itself.
const pieceSize = 8 << 10

var pieces = sync.Pool{New: func() any { return new([pieceSize]byte) }}

func (p piece) bytes() []byte { return p.buf[:p.n] }

func (p piece) free() {
	if p.lent {
		pieces.Put(p.buf)
	}
}

// kept reads in the ordinary way, with a buffer that waits: what is encrypted is
// buffered below in any case.
func kept(from net.Conn) func() (piece, error) {
	buf := new([pieceSize]byte)
	return func() (piece, error) {
		n, err := from.Read(buf[:])
		return piece{buf: buf, n: n}, err
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
