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
	// lateTries is how often for one question, since that time may pass in the same way. Who
	// says a byte now and then is given up after it.
	lateTries = 5
)

// Read reads on after a deadline if there is something to be read.
func (w *watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	for n == 0 && w.late < lateTries && errors.Is(err, os.ErrDeadlineExceeded) && waits(w.Conn) {
		w.late++
		_ = w.Conn.SetReadDeadline(time.Now().Add(lateMore)) // where it fails, so does Read
		n, err = w.Conn.Read(b)
	}
	return n, err
}

// SetDeadline begins a question, as SetReadDeadline does.
func (w *watched) SetDeadline(at time.Time) error {
	w.late = 0
	return w.Conn.SetDeadline(at)
}

// SetReadDeadline is called by who reads.
func (w *watched) SetReadDeadline(at time.Time) error {
	w.late = 0
	return w.Conn.SetReadDeadline(at)
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
