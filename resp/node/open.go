package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// connectWithin is how long one attempt to connect may take. Where nobody answers, the
// kernel says its SYN again after 1, 3 and 7 s; whoever is reachable again in between would
// be missed for so long, and a former master that was cut off is to be demoted before
// clients find it. Within a cluster a process that lives is reached in a millisecond.
const connectWithin = 300 * time.Millisecond

// open connects, at most for opts.Timeout, and logs nobody in.
func open(ctx context.Context, addr sentinel.Addr, opts Options) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, opts.bounded().Timeout)
	defer cancel()
	conn, err := connect(ctx, addr, opts.Source)
	if err == nil && opts.TLS != nil {
		conn, err = secure(ctx, conn, addr, opts.TLS)
	}
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, hungUp(err))
	}
	return conn, nil
}

// hungUp: whoever accepted the connection ended it before it said anything. A Redis says why
// it takes nobody; a mesh's proxy, which accepts before it has connected, hangs up where its
// Redis has ended. So this tells as much as a refusal, and is told as syscall.ECONNRESET.
func hungUp(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return fmt.Errorf("accepted, and closed before any answer: %w", syscall.ECONNRESET)
	}
	return err
}

// connect begins anew as long as nobody answers.
func connect(ctx context.Context, addr sentinel.Addr, source net.IP) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: connectWithin, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 3 * time.Second, Interval: time.Second, Count: 3,
	}}
	if source != nil {
		dialer.LocalAddr = &net.TCPAddr{IP: source}
	}
	for {
		conn, err := dialer.DialContext(ctx, "tcp", addr.String())
		timeout, is := errors.AsType[net.Error](err)
		if err == nil || ctx.Err() != nil || !is || !timeout.Timeout() {
			return conn, err
		}
	}
}

func secure(ctx context.Context, conn net.Conn, addr sentinel.Addr, config *tls.Config) (net.Conn, error) {
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName = addr.Host
	}
	c := tls.Client(conn, config)
	if err := c.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, handshake{err}
	}
	return c, nil
}

// handshake is what went wrong after a connection was there and before anything was asked.
type handshake struct{ error }

func (h handshake) Unwrap() error { return h.error }
