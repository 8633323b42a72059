package service

import (
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
// A connection that was answered stays open: its end is the first that is heard of the
// process's end. It is nil where the reaction was its end.
func answers(ctx context.Context, addr sentinel.Addr) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return nil, err
	}
	switch err := ping(ctx, conn); {
	case err == nil:
		return conn, nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		_ = conn.Close()
		return nil, err
	default:
		_ = conn.Close()
		return nil, nil
	}
}

func ping(ctx context.Context, conn net.Conn) error {
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	if _, err := conn.Write([]byte("*1\r\n$4\r\nPING\r\n")); err != nil {
		return err
	}
	if _, err := conn.Read(make([]byte, 64)); err != nil {
		return err
	}
	return conn.SetDeadline(time.Time{})
}
