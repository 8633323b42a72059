package k8s

import (
	"io"
	"net"
)

// attention is a connection on which a holder of the Lease has answered. Its end is the
// first that is heard of the end of the holder's process.
type attention struct {
	holder string
	conn   net.Conn
	ended  chan struct{} // closed with the connection
}

func attend(holder string, conn net.Conn) *attention {
	a := &attention{holder: holder, conn: conn, ended: make(chan struct{})}
	go func() {
		defer close(a.ended)
		_, _ = io.Copy(io.Discard, conn)
	}()
	return a
}

// over is closed when the connection has ended; nil where there is none.
func (a *attention) over() <-chan struct{} {
	if a == nil {
		return nil
	}
	return a.ended
}

func (a *attention) hangUp() {
	if a != nil {
		_ = a.conn.Close()
	}
}
