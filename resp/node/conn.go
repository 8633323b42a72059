package node

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// bufferSize is enough for most commands and small for thousands of connections; longer
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
	// Source is the address that connections come from; nil leaves it to the system.
	Source net.IP
}

func (o Options) bounded() Options {
	if o.Timeout == 0 {
		o.Timeout = 2 * time.Second
	}
	return o
}

// Conn is one connection to one Redis process, on which commands are given. It is opened
// as a Pulse is; go-redis comes in with the first command and goes with Rest. Most of the
// connections that a leader holds ready are idle, and a client for each would be most of
// what they cost.
type Conn struct {
	pulse *Pulse
	addr  sentinel.Addr
	opts  Options

	// turn is taken by who reads from the connection itself; go-redis's users share it.
	turn sync.RWMutex

	mu     sync.Mutex
	client *redis.Client
	lent   *lent
	using  int // commands under way
	closed bool
	// refused is how many writes were refused when clients were cut on it last.
	refused string
}

// Dial connects, names the connection (CLIENT SETNAME, for people who look at
// CLIENT LIST) and reads the process's state. Errors are those of Watch.
func Dial(ctx context.Context, addr sentinel.Addr, name string, opts Options) (*Conn, sentinel.Snapshot, error) {
	pulse, first, err := Watch(ctx, addr, name, opts)
	if err != nil {
		return nil, first, err
	}
	return &Conn{pulse: pulse, addr: addr, opts: opts.bounded()}, first, nil
}

// begin returns the client that uses the connection, which has logged in and has its
// name; done must follow. A new client's first command goes out when HELLO is answered.
func (c *Conn) begin() *redis.Client {
	c.turn.RLock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.using++
	if c.client == nil {
		c.lent = &lent{Conn: &guarded{Conn: c.pulse.conn}}
		c.client = redis.NewClient(options(c.addr, c.opts, c.lent))
		if c.closed {
			_ = c.client.Close() // its commands fail, and it does not try to connect
		}
	}
	return c.client
}

// Ready does now what the first command would have to do before it is sent: with a process
// that is frozen by then, it would wait for an answer.
func (c *Conn) Ready(ctx context.Context) error {
	client := c.begin()
	defer c.done()
	err := client.Ping(ctx).Err()
	if _, is := errors.AsType[redis.Error](err); is {
		return nil // whatever it says, LOADING for one: the handshake is over
	}
	return briefly(err)
}

func (c *Conn) done() {
	defer c.turn.RUnlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.using--
}

// Rest gives back what commands needed, unless one is under way. The connection stays: no
// answer can be outstanding on it, since what is not answered in time ends it.
func (c *Conn) Rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client == nil || c.using > 0 {
		return
	}
	c.lent.back.Store(true)
	_ = c.client.Close()
	c.client, c.lent = nil, nil
}

// lent is a connection that its user closes only while it has it.
type lent struct {
	net.Conn
	back atomic.Bool
}

func (l *lent) Close() error {
	if l.back.Load() {
		return nil
	}
	return l.Conn.Close()
}

// options make go-redis use exactly this connection, once, without retries.
func options(addr sentinel.Addr, opts Options, conn net.Conn) *redis.Options {
	var used atomic.Bool
	return &redis.Options{
		Addr: addr.String(),
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
func (c *Conn) RunID() string { return c.pulse.RunID() }

// Lost is closed as soon as the other end has closed the connection, also while
// no command is under way.
func (c *Conn) Lost() <-chan struct{} { return c.pulse.Lost() }

// OnLost calls f then, in a goroutine of its own, and costs nothing until then.
func (c *Conn) OnLost(f func()) { c.pulse.onLost(f) }

// Close ends the connection.
func (c *Conn) Close() {
	c.pulse.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	if c.client != nil {
		_ = c.client.Close()
	}
}
