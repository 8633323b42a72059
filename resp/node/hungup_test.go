package node_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// accepting is a server that does that with each connection and closes it.
func accepting(t *testing.T, do func(net.Conn)) sentinel.Addr {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			do(conn)
			_ = conn.Close()
		}
	}()
	addr := listener.Addr().(*net.TCPAddr)
	return sentinel.Addr{Host: addr.IP.String(), Port: addr.Port}
}

// TestHungUp: a proxy that accepts before it has connected hangs up where nobody is behind
// it, which is told like a refusal. Whoever has said a word has not been that.
func TestHungUp(t *testing.T) {
	read := func(conn net.Conn) { _, _ = io.ReadAtLeast(conn, make([]byte, 1<<10), 1) }
	for name, c := range map[string]struct {
		do   func(net.Conn)
		opts node.Options
		want bool
	}{
		"at once":                    {func(net.Conn) {}, node.Options{}, true},
		"after the question":         {read, node.Options{}, true},
		"in the TLS handshake":       {func(net.Conn) {}, node.Options{TLS: &tls.Config{ServerName: "redis"}}, true},
		"with a reset":               {func(conn net.Conn) { _ = conn.(*net.TCPConn).SetLinger(0) }, node.Options{}, true},
		"in the middle of an answer": {func(conn net.Conn) { read(conn); _, _ = conn.Write([]byte("+O")) }, node.Options{}, false},
		"after a word":               {func(conn net.Conn) { read(conn); _, _ = conn.Write([]byte("-ERR max number of clients reached\r\n")) }, node.Options{}, false},
		"later than anybody waits":   {func(net.Conn) { <-t.Context().Done() }, node.Options{Timeout: 100 * time.Millisecond}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := node.Watch(t.Context(), accepting(t, c.do), "a-pulse", c.opts)
			if err == nil || errors.Is(err, syscall.ECONNRESET) != c.want {
				t.Errorf("%v, want it told as a hang-up: %t", err, c.want)
			}
		})
	}
}

// TestFrozenUnlessLinked: who has a link there, and keeps it, is left as it is; whose link
// leads elsewhere, or has ended, is frozen.
func TestFrozenUnlessLinked(t *testing.T) {
	m := redis.Start(t, "127.0.43.30", 6379, redis.Fence...)
	r := redis.Start(t, "127.0.43.31", 6379, redis.Fence...)
	master, replica := dial(t, m), dial(t, r)
	if _, err := master.Promote(t.Context(), 0, 2*time.Second); err != nil {
		t.Fatal(err)
	}
	addr, elsewhere := sentinel.Addr{Host: m.Host, Port: m.Port}, sentinel.Addr{Host: "127.0.43.32", Port: 6379}
	attach := func() {
		t.Helper()
		if _, err := replica.Follow(t.Context(), addr, false); err != nil {
			t.Fatal(err)
		}
		redis.Eventually(t, 10*time.Second, "the replica is in sync", func() bool {
			s, err := replica.Snapshot(t.Context())
			return err == nil && s.LinkUp
		})
	}
	freeze := func(unless ...sentinel.Addr) sentinel.Snapshot {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		s, err := replica.Freeze(ctx, unless...)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	attach()
	if s := freeze(elsewhere, addr); s.Fenced() || !s.LinkedTo(addr) {
		t.Errorf("with a link there: %+v", s)
	}
	if s := freeze(elsewhere); !s.Fenced() {
		t.Errorf("with a link elsewhere: %+v", s)
	}
	attach()
	m.Kill()
	if s := freeze(addr); !s.Fenced() {
		t.Errorf("with a link that ended with its master: %+v", s)
	}
}
