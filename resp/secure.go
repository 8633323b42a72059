package resp

import (
	"context"
	"crypto/tls"
	"net"
)

// Secure makes every connection of a listener a TLS one. The handshake is left to
// the session's own goroutine, with a deadline, so that nobody else waits for a
// client that is slow or silent. A config whose GetConfigForClient answers anew each
// time lets certificates be exchanged while older connections go on.
func Secure(listener net.Listener, config *tls.Config) net.Listener {
	return secureListener{Listener: listener, config: config}
}

type secureListener struct {
	net.Listener
	config *tls.Config
}

func (l secureListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &secureConn{Conn: tls.Server(conn, l.config)}, nil
}

// secureConn is a type of our own so that a server recognizes what Secure made.
type secureConn struct{ *tls.Conn }

// shakeHands begins TLS where there is any; false ends the session.
func (s *Session) shakeHands() bool {
	conn, ok := s.conn.(*secureConn)
	if !ok {
		return true
	}
	ctx, cancel := context.WithTimeout(s.server.ctx, s.server.options.HandshakeTimeout)
	defer cancel()
	if err := conn.HandshakeContext(ctx); err != nil {
		s.server.stats.handshakes.Add(1)
		s.server.options.Log.WithFields(map[string]any{"conn": s.remote, "err": err}).Debug("TLS handshake not completed")
		return false
	}
	return true
}
