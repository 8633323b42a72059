//go:build unix

package node

import (
	"errors"
	"io"
	"net"
	"syscall"
)

// reader gives the pieces that come. It takes a buffer only when there is something to
// be read, where the connection lets us see that.
func reader(from net.Conn) func() (piece, error) {
	socket, ok := from.(syscall.Conn)
	if !ok {
		return kept(from)
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return kept(from)
	}
	return func() (p piece, err error) {
		ended := raw.Read(func(fd uintptr) bool {
			p, err = readNow(int(fd))
			return !errors.Is(err, syscall.EAGAIN)
		})
		if ended != nil { // it was closed on our side
			err = ended
		}
		return p, err
	}
}

// readNow is one read that does not wait; EAGAIN if there is nothing yet.
func readNow(fd int) (piece, error) {
	p := piece{buf: pieces.Get().(*[pieceSize]byte), lent: true}
	for {
		n, err := syscall.Read(fd, p.buf[:])
		switch {
		case errors.Is(err, syscall.EINTR):
		case err != nil:
			p.free()
			return piece{}, err
		case n == 0:
			p.free()
			return piece{}, io.EOF
		default:
			p.n = n
			return p, nil
		}
	}
}
