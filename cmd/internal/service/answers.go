package service

import (
	"context"
	"errors"
	"net"
	"os"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// answers tells whether a process shows any reaction to a PING at another replica's
// Sentinel port: an answer, a refusal or the end of the connection, as a port for TLS
// has for it. A process that is frozen accepts connections, but says nothing on them.
func answers(ctx context.Context, addr sentinel.Addr) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return false
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return false
		}
	}
	if _, err := conn.Write([]byte("*1\r\n$4\r\nPING\r\n")); err != nil {
		return false
	}
	_, err = conn.Read(make([]byte, 1))
	return !errors.Is(err, os.ErrDeadlineExceeded)
}
