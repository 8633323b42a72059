package service

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// answers sends a PING to another replica's Sentinel port, and tells why when there is no
// reaction. Any reaction is one: an answer, a refusal, or the end of the connection, as a
// port for TLS has for it. A process that is frozen accepts connections, but says nothing
// on them.
//
// A connection on which PING was answered stays open: its end is the first that is heard of
// the process's end. It is nil where the reaction was its end, or is about to be, as with a
// client that there is no room for.
func answers(ctx context.Context, addr sentinel.Addr) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return nil, err
	}
	answer, err := ping(ctx, conn)
	if err == nil && stays(answer) {
		return conn, nil
	}
	_ = conn.Close()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, err
	}
	return nil, nil
}

func ping(ctx context.Context, conn net.Conn) (answer []byte, err error) {
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return nil, err
	}
	if _, err := conn.Write([]byte("*1\r\n$4\r\nPING\r\n")); err != nil {
		return nil, err
	}
	answer = make([]byte, 64)
	n, err := conn.Read(answer)
	if err != nil {
		return nil, err
	}
	return answer[:n], conn.SetDeadline(time.Time{})
}

// stays tells that the other side goes on after this answer. One that wants a password
// does so for long enough: it is asked anew before it loses its patience.
func stays(answer []byte) bool {
	return bytes.HasPrefix(answer, []byte("+PONG")) || bytes.HasPrefix(answer, []byte("-NOAUTH"))
}
