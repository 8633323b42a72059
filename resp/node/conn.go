package node

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Options say how to reach data nodes.
type Options struct {
	// Username and Password are sent with AUTH; both may be empty.
	Username, Password string
	// TLS is nil for plain connections.
	TLS *tls.Config
	// Timeout bounds connecting and each command; 0 means 2 s.
	Timeout time.Duration
}

// Conn is one connection to one Redis process.
type Conn struct {
	net     net.Conn
	timeout time.Duration
	turn    chan struct{} // held by the command under way
	lost    chan struct{}
	watched int64 // its number with the watcher
	runID   string
	same    words // held by who has the turn

	mu    sync.Mutex
	first *sentinel.Snapshot
	over  bool
	hooks []func()
}

// Dial connects, names the connection (CLIENT SETNAME, for people who look at
// CLIENT LIST) and reads the process's state. A refused connection comes back as
// syscall.ECONNREFUSED within err.
func Dial(ctx context.Context, addr sentinel.Addr, name string, opts Options) (*Conn, error) {
	if opts.Timeout == 0 {
		opts.Timeout = 2 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, opts.Timeout)
	defer cancel()
	raw, err := open(ctx, addr, opts)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	c := &Conn{net: raw, timeout: opts.Timeout, turn: make(chan struct{}, 1), lost: make(chan struct{})}
	first, err := c.greet(ctx, name, opts)
	if err != nil {
		c.Close()
		return nil, err
	}
	c.first, c.runID = &first, first.RunID
	watch(c)
	return c, nil
}

// greet says who we are and takes the first reading, all in one exchange.
func (c *Conn) greet(ctx context.Context, name string, opts Options) (sentinel.Snapshot, error) {
	var before script
	if opts.Username != "" || opts.Password != "" {
		before.add("AUTH", cmp.Or(opts.Username, "default"), opts.Password)
	}
	before.add("CLIENT", "SETNAME", name)
	return c.exec(ctx, before, script{})
}

func open(ctx context.Context, addr sentinel.Addr, opts Options) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: opts.Timeout, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 3 * time.Second, Interval: time.Second, Count: 3,
	}}
	if opts.TLS == nil {
		return dialer.DialContext(ctx, "tcp", addr.String())
	}
	return (&tls.Dialer{NetDialer: dialer, Config: opts.TLS}).DialContext(ctx, "tcp", addr.String())
}

// First is the state that was read when the connection was opened. It is kept until
// it was asked for once: then it is only old.
func (c *Conn) First() sentinel.Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.first == nil {
		return sentinel.Snapshot{RunID: c.runID}
	}
	first := *c.first
	c.first = nil
	return first
}

// RunID names the process at the other end.
func (c *Conn) RunID() string { return c.runID }

// Lost is closed as soon as the other end has closed the connection, also while
// no command is under way.
func (c *Conn) Lost() <-chan struct{} { return c.lost }

// OnLost calls f when Lost is closed, or now if it is. f must not wait for anything.
func (c *Conn) OnLost(f func()) {
	c.mu.Lock()
	over := c.over
	if !over {
		c.hooks = append(c.hooks, f)
	}
	c.mu.Unlock()
	if over {
		f()
	}
}

// end notes that the connection is of no use any more.
func (c *Conn) end() {
	c.mu.Lock()
	hooks, before := c.hooks, c.over
	c.hooks, c.over = nil, true
	c.mu.Unlock()
	if before {
		return
	}
	close(c.lost)
	for _, f := range hooks {
		f()
	}
}

// Close ends the connection.
func (c *Conn) Close() {
	forget(c)
	_ = c.net.Close()
	c.end()
}

// Ping asks for a sign of life. ok is true for the answers that Sentinel takes as
// one: PONG, LOADING and MASTERDOWN; err tells that there was no answer at all.
func (c *Conn) Ping(ctx context.Context) (ok bool, err error) {
	err = c.exchange(ctx, ping, func(r *replies) error {
		_, err := r.text()
		return err
	})
	if said, refused := asRefusal(err); refused {
		return said.begins("LOADING") || said.begins("MASTERDOWN"), nil
	}
	return err == nil, err
}

var ping = newScript("PING")
