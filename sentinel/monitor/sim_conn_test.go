package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/monitor"
)

// The connections of a Monitor, as package resp/node makes them: one TCP connection
// each, one command at a time, closed by the first that is not answered in time. A
// command is bounded by the deadline of its context and by nodeTimeout; the end of a
// term does not interrupt it.

const nodeTimeout = 2 * time.Second

var (
	errLost    = errors.New("connection lost")
	errNoReply = errors.New("no reply in time")
)

// conn is a monitor.Conn.
type conn struct {
	*wire
	v      *service
	first  sentinel.Snapshot
	open   context.Context // ends with the connection, from either side
	shut   context.CancelFunc
	isOver bool
	turn   chan struct{} // held by the command under way
}

var _ monitor.Conn = (*conn)(nil)

// dial opens a connection and reads the state of whoever answers at the address.
func (v *service) dial(ctx context.Context, addr sentinel.Addr, name string) (monitor.Conn, sentinel.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, nodeTimeout)
	defer cancel()
	opened := make(chan *conn, 1)
	refused := make(chan struct{}, 1)
	v.w.mu.Lock()
	v.out(func() { v.open(ctx, addr, name, opened, refused) })
	v.w.mu.Unlock()
	select {
	case c := <-opened:
		return c, c.first, nil
	case <-refused:
		return nil, sentinel.Snapshot{}, fmt.Errorf("connect to %s: %w", addr, syscall.ECONNREFUSED)
	case <-ctx.Done():
	}
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	select {
	case c := <-opened: // in the same moment
		c.hangUp()
	default:
	}
	return nil, sentinel.Snapshot{}, ctx.Err()
}

// pulse is a monitor.Pulse: the same connection, with moments for contexts.
type pulse struct{ c *conn }

// watch is dial for one on which no orders are given.
func (v *service) watch(ctx context.Context, addr sentinel.Addr, name string) (monitor.Pulse, sentinel.Snapshot, error) {
	c, first, err := v.dial(ctx, addr, name)
	if err != nil {
		return nil, first, err
	}
	return pulse{c.(*conn)}, first, nil
}

func (p pulse) Lost() <-chan struct{} { return p.c.Lost() }
func (p pulse) Close()                { p.c.Close() }

func (p pulse) Ping(by time.Time) (bool, error) {
	ctx, cancel := context.WithDeadline(context.Background(), by)
	defer cancel()
	return p.c.Ping(ctx)
}

func (p pulse) Snapshot(by time.Time) (sentinel.Snapshot, error) {
	ctx, cancel := context.WithDeadline(context.Background(), by)
	defer cancel()
	return p.c.Snapshot(ctx)
}

func (v *service) open(ctx context.Context, addr sentinel.Addr, name string, opened chan<- *conn, refused chan<- struct{}) {
	w := v.w
	way := func() time.Duration { return w.dice.rarely(0.02, w.delay.usual, w.delay.most) }
	w.after(way(), func() {
		pod, r := w.podAt(addr), w.listening(addr)
		switch {
		case pod == nil || pod.down || w.cut[v.place][pod.place]:
		case w.rejects[v.place][pod.place]:
			w.after(way(), func() { v.in(func() { refused <- struct{}{} }) })
		case r != nil:
			v.greet(ctx, w.connect(v.place, r), name, opened)
		case pod.closing: // neither refused nor answered: the caller tries again
		case pod.gone && !pod.refuses:
		default:
			w.after(way(), func() { v.in(func() { refused <- struct{}{} }) })
		}
	})
}

// greet is CLIENT SETNAME and the first reading, on a connection that the kernel has
// accepted; one that comes too late is closed again.
func (v *service) greet(ctx context.Context, line *wire, name string, opened chan<- *conn) {
	c := &conn{wire: line, v: v, turn: make(chan struct{}, 1)}
	c.open, c.shut = context.WithCancel(context.Background())
	line.keepsAlive, line.lost = true, func() { v.in(c.end) }
	line.process.receive(line, func(answer func(any)) {
		line.name = name
		if refused := line.process.refusal(""); refused != nil {
			answer(refused)
			return
		}
		answer(line.process.snapshot())
	}, func(value any) {
		v.in(func() {
			if _, refused := value.(error); refused || ctx.Err() != nil {
				c.leave()
				return
			}
			c.first = value.(sentinel.Snapshot)
			v.conns[c] = true
			opened <- c
		})
	})
}

// end is the end of the connection, as its owner notices it.
func (c *conn) end() {
	if !c.isOver {
		c.isOver = true
		c.shut()
		delete(c.v.conns, c)
	}
}

func (c *conn) hangUp() {
	c.v.out(c.leave)
	c.end()
}

// exchange sends one command and waits for its reply.
func (c *conn) exchange(ctx context.Context, do func(r *process) any) (any, error) {
	timer := time.NewTimer(nodeTimeout)
	defer timer.Stop()
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-timer.C:
		return nil, errNoReply
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	within := nodeTimeout
	if at, bounded := ctx.Deadline(); bounded {
		within = min(within, time.Until(at))
	}
	timer.Reset(within)
	reply := make(chan any, 1)
	c.w.mu.Lock()
	if !c.isOver {
		c.v.out(func() {
			c.send(func(answer func(any)) { answer(do(c.process)) }, func(value any) { c.v.in(func() { reply <- value }) })
		})
	}
	c.w.mu.Unlock()
	select {
	case value := <-reply:
		return value, nil
	case <-c.open.Done():
		return nil, errLost
	case <-timer.C:
		c.Close()
		return nil, errNoReply
	}
}

// exec changes something and reads the state, in one transaction.
func (c *conn) exec(ctx context.Context, order string, change func(r *process)) (sentinel.Snapshot, error) {
	if order != "" {
		c.v.ordered(order, c.process.pod.Name)
	}
	value, err := c.exchange(ctx, func(r *process) any {
		if r.loading && order != "" {
			return errLoading
		}
		if refused := r.refusal(order); refused != nil {
			return refused
		}
		change(r)
		return r.snapshot()
	})
	if refused, is := value.(error); is {
		err = refused
	}
	if err != nil {
		return sentinel.Snapshot{}, err
	}
	return value.(sentinel.Snapshot), nil
}

func (c *conn) RunID() string         { return c.first.RunID }
func (c *conn) Lost() <-chan struct{} { return c.open.Done() }

func (c *conn) OnLost(f func()) { context.AfterFunc(c.open, f) }

// Ready and Rest are about what a real connection costs and needs to begin.
func (c *conn) Ready(context.Context) error { return nil }
func (c *conn) Rest()                       {}

func (c *conn) Close() {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	if !c.isOver {
		c.hangUp()
	}
}

func (c *conn) Ping(ctx context.Context) (bool, error) {
	_, err := c.exchange(ctx, func(*process) any { return nil })
	return err == nil, err
}

// KillOlder asks for CLIENT LIST and then ends one connection after the other.
func (c *conn) KillOlder(ctx context.Context, isOlder func(string) (bool, error)) error {
	value, err := c.exchange(ctx, func(r *process) any {
		var older []*wire
		for _, o := range r.conns {
			is, err := isOlder(o.name)
			switch {
			case err != nil:
				r.w.count("older leader turned away")
				return err
			case is:
				older = append(older, o)
			}
		}
		return older
	})
	if err != nil {
		return err
	}
	if overtaken, ok := value.(error); ok {
		return overtaken
	}
	for _, o := range value.([]*wire) {
		_, err := c.exchange(ctx, func(r *process) any {
			r.w.count("older leader cut off")
			r.kill(func(d *wire) bool { return d == o })
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
