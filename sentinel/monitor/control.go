package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// errGone tells that the process an order was for does not exist any more.
var errGone = errors.New("the process is gone")

// control keeps the connections on which the leader gives commands: one per
// process, opened ahead, its run id checked once, since a restart would end it.
// They are named after the term so that a later leader can tell and end them.
type control struct {
	dial Dialer
	mu   sync.Mutex
	term uint64
	open map[string]Conn
}

func newControl(dial Dialer) *control {
	return &control{dial: dial, open: map[string]Conn{}}
}

// to returns a connection to exactly this process.
func (c *control) to(ctx context.Context, p sentinel.Process) (Conn, error) {
	if conn := c.kept(p); conn != nil {
		return conn, nil
	}
	c.mu.Lock()
	name := fmt.Sprintf("ctl-%d", c.term)
	c.mu.Unlock()
	conn, err := c.dial(ctx, p.Addr, name)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, fmt.Errorf("%w: %w", errGone, err)
	case err != nil:
		return nil, err
	case conn.RunID() != p.RunID:
		defer conn.Close()
		return nil, fmt.Errorf("%w: run id %s answers at %s instead of %s", errGone, conn.RunID(), p.Addr, p.RunID)
	}
	c.keep(p, conn)
	return conn, nil
}

func (c *control) kept(p sentinel.Process) Conn {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn := c.open[p.UID]
	if conn == nil || dead(conn) || conn.RunID() != p.RunID {
		return nil
	}
	return conn
}

func (c *control) keep(p sentinel.Process, conn Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if old := c.open[p.UID]; old != nil {
		old.Close()
	}
	c.open[p.UID] = conn
}

func (c *control) drop(uid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn := c.open[uid]; conn != nil {
		conn.Close()
		delete(c.open, uid)
	}
}

// reset closes all: a connection belongs to the term it was opened in.
func (c *control) reset(term uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for uid, conn := range c.open {
		conn.Close()
		delete(c.open, uid)
	}
	c.term = term
}

func (c *control) close() { c.reset(0) }
