package node

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"
)

// A process that is short of CPU sees its own deadlines pass before it sees what came in
// time: the answer lies in the socket, and Read says that nobody answered. So a deadline
// that has passed is no silence while something is there to be read.

const (
	// lateMore is how long a reading may go on whose answer is there.
	lateMore = 200 * time.Millisecond
	// lateTries is how often, since that time may pass in the same way.
	lateTries = 5
)

// Read reads on after a deadline if there is something to be read.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	for range lateTries {
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) || !waits(w.Conn) {
			break
		}
		_ = w.SetReadDeadline(time.Now().Add(lateMore)) // where it fails, so does Read
		n, err = w.Conn.Read(b)
	}
	return n, err
}

// waits tells that something lies in the socket of a connection.
func waits(conn net.Conn) bool {
	if encrypted, is := conn.(interface{ NetConn() net.Conn }); is {
		conn = encrypted.NetConn()
	}
	socket, is := conn.(syscall.Conn)
	if !is {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	found := false
	err = raw.Control(func(descriptor uintptr) {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(descriptor), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		found = err == nil && n > 0
	})
	return err == nil && found
}
