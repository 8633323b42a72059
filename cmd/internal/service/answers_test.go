package service

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestAnswers: any reaction is one; silence and nobody there are not.
func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve func(net.Conn) // nil: nobody listens
		want  bool
		keeps bool // the connection
	}{
		{"answer", func(c net.Conn) { _, _ = c.Write([]byte("-NOAUTH Authentication required.\r\n")) }, true, true},
		{"pong", func(c net.Conn) { _, _ = c.Write([]byte("+PONG\r\n")) }, true, true},
		{"turned away", func(c net.Conn) { _, _ = c.Write([]byte("-ERR max number of clients reached\r\n")) }, true, false},
		{"end of the connection", func(c net.Conn) { _ = c.Close() }, true, false},
		{"silence", func(net.Conn) {}, false, false},
		{"nobody", nil, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			if c.serve == nil {
				l.Close()
			} else {
				go func() {
					if conn, err := l.Accept(); err == nil {
						t.Cleanup(func() { _ = conn.Close() })
						_, _ = conn.Read(make([]byte, 64))
						c.serve(conn)
					}
				}()
			}
			patience := 20 * time.Second
			if !c.want {
				patience = 100 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			conn, err := answers(ctx, sentinel.Addr{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port})
			if got := err == nil; got != c.want {
				t.Errorf("answers %t (%v), want %t", got, err, c.want)
			}
			if got := conn != nil; got != c.keeps {
				t.Errorf("a connection is kept: %t, want %t", got, c.keeps)
			}
			if conn != nil {
				_ = conn.Close()
			}
		})
	}
}
