package resp

import (
	"net"
	"syscall"
	"time"
)

// noFD is what a session has that is not polled.
const noFD = -1

// attempt writes to a connection what fits, without waiting.
type attempt struct {
	raw     syscall.RawConn // nil where that cannot be had, as with TLS
	try     func(fd uintptr) bool
	b       []byte
	written int
	err     error
}

// on prepares it for a connection.
func (a *attempt) on(conn net.Conn) {
	if a.raw = rawOf(conn); a.try == nil { // made once, not for each write
		a.try = func(fd uintptr) bool {
			a.written, a.err = writeOnce(int(fd), a.b)
			return true
		}
	}
}

// writeSome tells how many bytes of b have been written: none or fewer where all have to wait.
func (s *Session) writeSome(b []byte) (int, error) {
	if s.poller != nil {
		return writeNow(s.fd, b)
	}
	a := &s.attempt
	if a.raw == nil {
		return 0, nil
	}
	if err := s.allowWrite(); err != nil {
		return 0, err
	}
	a.b = b
	err := a.raw.Write(a.try)
	a.b = nil
	if err != nil {
		return 0, err
	}
	return a.written, a.err
}

// bareSocket exchanges the connection, which Go's own poller watches, for a descriptor of
// the same socket that it does not; false leaves everything as it is.
func (s *Session) bareSocket() bool {
	s.moving.Lock()
	defer s.moving.Unlock()
	if s.stopping() {
		return false
	}
	fd, err := bareFD(s.conn)
	if err != nil {
		return false
	}
	_ = s.conn.Close() // the socket stays open with its other descriptor
	s.fd = fd
	return true
}

// ownSocket goes back to a connection that one can wait for.
func (s *Session) ownSocket() {
	s.moving.Lock()
	defer s.moving.Unlock()
	conn, err := connOf(s.fd)
	s.fd = noFD
	if err != nil { // out of descriptors: the next read or write fails and ends the session
		s.server.options.Log.WithFields(map[string]any{"conn": s.remote, "err": err}).Warn("connection lost")
		return
	}
	s.conn, s.writeBy = conn, 0
	s.attempt.on(conn)
	s.server.keepAlive(conn)
	if s.stopping() {
		_ = conn.SetReadDeadline(longAgo)
	}
	if s.killed.Load() {
		_ = conn.Close()
	}
}

// closeSocket ends the connection, whichever way it is held. To close a TLS connection may
// wait for the client: nobody who wants to kill the session may wait for that.
func (s *Session) closeSocket() {
	s.moving.Lock()
	if s.fd != noFD {
		closeFD(s.fd)
		s.fd = noFD
		s.moving.Unlock()
		return
	}
	conn := s.conn
	s.moving.Unlock()
	_ = conn.Close()
}

// Kill ends the session at once, without its pending replies. Safe from any goroutine.
// It never waits: to close a TLS connection properly takes a write, which a client
// that does not read would hold up.
func (s *Session) Kill() {
	s.moving.Lock()
	defer s.moving.Unlock()
	if s.fd != noFD {
		s.killed.Store(true)
		shutFD(s.fd)
		return
	}
	conn := s.conn
	if secure, ok := conn.(*secureConn); ok {
		conn = secure.NetConn()
	}
	_ = conn.Close() // the loop sees it and cleans up
}

// longAgo as a deadline ends a wait.
var longAgo = time.Unix(1, 0)

// wake ends a wait for the next request.
func (s *Session) wake() {
	s.moving.Lock()
	defer s.moving.Unlock()
	if s.fd != noFD {
		shutReading(s.fd)
		return
	}
	_ = s.conn.SetReadDeadline(longAgo)
}

// stopping tells that the server ends its sessions.
func (s *Session) stopping() bool {
	select {
	case <-s.server.ctx.Done():
		return true
	default:
		return false
	}
}
