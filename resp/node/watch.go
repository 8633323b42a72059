package node

import (
	"net"
	"sync"
)

// watched is a connection whose end is noticed in the moment it comes and not with the
// next command, and on which only what a Redis may say passes.
type watched struct {
	net.Conn
	guard guard
	lost  func()
	once  sync.Once
	watch *watch
}

// watching calls lost, once, when the connection has ended, from either side.
func watching(conn net.Conn, lost func()) net.Conn {
	w := &watched{Conn: conn, lost: lost}
	w.watch = ends.begin(conn, lost)
	return w
}

// Read is called by one goroutine at a time: by that of the command under way.
func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if n > 0 {
		if wrong := w.guard.pass(p[:n]); wrong != nil {
			return 0, wrong // go-redis closes a connection that it could not read from
		}
	}
	return n, err
}

func (w *watched) Close() error {
	var err error
	w.once.Do(func() {
		ends.end(w.watch)
		err = w.Conn.Close()
		w.lost()
	})
	return err
}
