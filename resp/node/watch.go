package node

import (
	"net"
	"sync"
)

// watched is a connection whose end is noticed in the moment it comes and not with the
// next command.
type watched struct {
	net.Conn
	lost  func()
	once  sync.Once
	watch *watch
	late  int // how often it was read on after the deadline, see Read
}

// watching calls lost when the connection has ended, from either side; that may be twice.
func watching(conn net.Conn, lost func()) *watched {
	w := &watched{Conn: conn, lost: lost}
	w.watch = ends.begin(conn, lost)
	return w
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
