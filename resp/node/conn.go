package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// bufferSize is enough for a PING and small for thousands of connections; longer
// replies go past the buffer, straight to where they are wanted.
const bufferSize = 512

// errLost is what every command gets once the connection has ended.
var errLost = errors.New("connection lost")

// Options say how to reach data nodes.
type Options struct {
	// Username and Password are sent with AUTH; both may be empty.
	Username, Password string
	// TLS is nil for plain connections.
	TLS *tls.Config
	// Timeout bounds connecting and each command; 0 means 2 s.
	Timeout time.Duration
}

func (o Options) bounded() Options {
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Second
	}
	return o
}

// Conn is one connection to one Redis process.
type Conn struct {
	client *redis.Client
	runID  string
	// open ends with the connection.
	open context.Context
}

// Dial connects, names the connection (CLIENT SETNAME, for people who look at
// CLIENT LIST) and reads the process's state. A refused connection comes back as
// syscall.ECONNREFUSED within err.
func Dial(ctx context.Context, addr sentinel.Addr, name string, opts Options) (*Conn, sentinel.Snapshot, error) {
	opts = opts.bounded()
	ctx, cancel := context.WithTimeout(ctx, opts.Timeout)
	defer cancel()
	raw, err := open(ctx, addr, opts)
	if err != nil {
		return nil, sentinel.Snapshot{}, err
	}
	c := &Conn{}
	var lost context.CancelFunc
	c.open, lost = context.WithCancel(context.Background())
	conn := &guarded{Conn: watching(raw, lost)}
	c.client = redis.NewClient(options(addr, name, opts, conn))
	first, err := c.Snapshot(ctx)
	if err != nil {
		c.Close()
		_ = conn.Close() // go-redis may not have taken it yet
		return nil, first, err
	}
	c.runID = strings.Clone(first.RunID) // not to keep all of INFO for it
	return c, first, nil
}

func open(ctx context.Context, addr sentinel.Addr, opts Options) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: opts.Timeout, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 3 * time.Second, Interval: time.Second, Count: 3,
	}}
	dial := dialer.DialContext
	if opts.TLS != nil {
		dial = (&tls.Dialer{NetDialer: dialer, Config: opts.TLS}).DialContext
	}
	conn, err := dial(ctx, "tcp", addr.String())
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	return conn, nil
}

// options make go-redis use exactly this connection, once, without retries.
func options(addr sentinel.Addr, name string, opts Options, conn net.Conn) *redis.Options {
	var used atomic.Bool
	return &redis.Options{
		Addr: addr.String(), ClientName: name, Username: opts.Username, Password: opts.Password,
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			if used.Swap(true) {
				return nil, errLost
			}
			return conn, nil
		},
		Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1,
		// One pool of one connection: by default pipelines have a pool of their own.
		PoolSize: 1, PipelinePoolSize: -1, ReadBufferSize: bufferSize, WriteBufferSize: bufferSize,
		DialTimeout: opts.Timeout, ReadTimeout: opts.Timeout, WriteTimeout: opts.Timeout, PoolTimeout: opts.Timeout,
		ConnMaxIdleTime: -1, ContextTimeoutEnabled: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// RunID names the process at the other end.
func (c *Conn) RunID() string { return c.runID }

// Lost is closed as soon as the other end has closed the connection, also while
// no command is under way.
func (c *Conn) Lost() <-chan struct{} { return c.open.Done() }

// OnLost calls f then, in a goroutine of its own, and costs nothing until then.
func (c *Conn) OnLost(f func()) { context.AfterFunc(c.open, f) }

// Close ends the connection.
func (c *Conn) Close() { _ = c.client.Close() }

// Ping asks for a sign of life. ok is true for the answers that Sentinel takes as
// one: PONG, LOADING and MASTERDOWN; err tells that there was no answer at all.
func (c *Conn) Ping(ctx context.Context) (ok bool, err error) {
	err = c.client.Ping(ctx).Err()
	if said, ok := errors.AsType[redis.Error](err); ok {
		return redis.HasErrorPrefix(said, "LOADING") || redis.HasErrorPrefix(said, "MASTERDOWN"), nil
	}
	return err == nil, err
}
