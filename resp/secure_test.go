package resp

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/pki"
)

// listenTLS serves TLS and returns how to connect to it.
func listenTLS(t *testing.T, options Options) (server *Server, addr string, config *tls.Config) {
	t.Helper()
	authority := pki.New(t, "authority")
	cert, key := authority.Issue("127.0.0.1")
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	server, addr = listen(t, options, func(l net.Listener) net.Listener {
		return Secure(l, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	})
	return server, addr, authority.Believer()
}

// secure connects and speaks TLS.
func secure(t *testing.T, addr string, config *tls.Config) net.Conn {
	t.Helper()
	conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", addr, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	return conn
}

// say sends a line and wants a part of what comes back.
func say(t *testing.T, conn net.Conn, line, want string) {
	t.Helper()
	if _, err := fmt.Fprintf(conn, "%s\r\n", line); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<10)
	n, err := conn.Read(buf)
	if err != nil || !strings.Contains(string(buf[:n]), want) {
		t.Fatalf("%s: %q (%v), want %q", line, buf[:n], err, want)
	}
}

func TestTLSServes(t *testing.T) {
	server, addr, config := listenTLS(t, Options{})
	conn := secure(t, addr, config)
	say(t, conn, "say x", "x")
	say(t, conn, "subscribe a", "subscribe")
	server.Hub().Publish("a", "news")
	buf := make([]byte, 100)
	if n, err := conn.Read(buf); err != nil || !strings.Contains(string(buf[:n]), "news") {
		t.Errorf("%q (%v)", buf[:n], err)
	}
	say(t, conn, "quit", "OK")
	if _, err := conn.Read(buf); err == nil || err.Error() != "EOF" {
		t.Errorf("the end of the connection is %v, want a proper one", err)
	}
}

// TestTLSHandshakeDelaysNobody: a client that says nothing holds up no other, and is
// cut when its time is over.
func TestTLSHandshakeDelaysNobody(t *testing.T) {
	server, addr, config := listenTLS(t, Options{HandshakeTimeout: time.Hour, RequestTimeout: time.Hour})
	for range 20 {
		dial(t, addr)
	}
	until(t, "the silent clients", func() bool { return server.Stats().Connected == 20 })
	say(t, secure(t, addr, config), "say x", "x")
	if n := server.Stats().Connected; n != 21 {
		t.Errorf("%d clients, want the silent ones, too", n)
	}
	server, addr, _ = listenTLS(t, Options{HandshakeTimeout: 10 * time.Millisecond})
	dial(t, addr).wantClosed()
	until(t, "the silent one cut", func() bool { return server.Stats().FailedHandshakes == 1 })
}

// TestTLSKillDoesNotWait: a client that does not read is cut without a write to it.
func TestTLSKillDoesNotWait(t *testing.T) {
	server, addr, config := listenTLS(t, Options{QueueBytes: 1 << 20, WriteTimeout: time.Minute})
	conn := secure(t, addr, config)
	say(t, conn, "subscribe a", "subscribe")
	message := strings.Repeat("x", 64<<10)
	began := time.Now()
	for server.Stats().DroppedSubscribers == 0 && time.Since(began) < patience {
		server.Hub().Publish("a", message)
	}
	until(t, "gone", func() bool { return server.Stats().Connected == 0 })
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the end of a client that does not read took %s", took)
	}
}

func TestTLSOverMaxClients(t *testing.T) {
	server, addr, config := listenTLS(t, Options{MaxClients: 1})
	first := secure(t, addr, config)
	say(t, first, "say x", "x")
	if conn, err := tls.Dial("tcp", addr, config); err == nil {
		_ = conn.Close()
		t.Error("a second client was served")
	}
	if n := server.Stats().Rejected; n != 1 {
		t.Errorf("%d rejected, want 1", n)
	}
	say(t, first, "say y", "y")
}
