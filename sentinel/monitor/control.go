package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

var (
	// errGone tells that the process an order was for does not exist any more.
	errGone = errors.New("the process is gone")
	// errOtherConn tells that the connection an order was tied to has ended.
	errOtherConn = errors.New("the connection on which it was read has ended")
)

// control keeps the connections on which the leader gives commands: one per
// process, opened ahead, its run id checked once, since a restart would end it.
// They are named after the term so that a later leader can tell and end them.
type control struct {
	dial Dialer
	seal func(term uint64) string
	kind string // begins the numbers in names
	// ready: a command must go out also to a process that does not answer any more.
	ready bool
	mu    sync.Mutex
	term  uint64
	last  uint64 // the number given to the last connection
	made  uint64 // the number in the name of the last one that was tried
	open  map[string]link
	had   map[string]bool // the pods to which there was one in this term
	// opening are the pods to which a connection is being made ahead.
	opening map[string]bool
	// ahead paces that, by pod, where such a connection was lost.
	ahead map[string]*ahead
}

// ahead is when the next connection to a pod may be opened ahead. One that is needed for a
// command is opened at any time.
type ahead struct {
	redial
	from time.Time
}

// link is a kept connection with its number.
type link struct {
	Conn
	number uint64
	name   string
	// alone: see loop.claim.
	alone *atomic.Bool
	// renewed: it is not the first to this pod in this term, and what was sent on those
	// before may still be under way.
	renewed bool
}

func newControl(dial Dialer, seal func(term uint64) string, kind string) *control {
	return &control{dial: dial, seal: seal, kind: kind, open: map[string]link{}, had: map[string]bool{}, opening: map[string]bool{}, ahead: map[string]*ahead{}}
}

// to returns a connection to exactly this process, opened if there is none.
func (c *control) to(ctx context.Context, p sentinel.Process) (link, error) {
	if kept, err := c.kept(p); err == nil && !dead(kept) {
		return kept, nil
	}
	term, name := c.name()
	conn, _, err := c.dial(ctx, p.Addr, name)
	switch {
	case refuses(err):
		return link{}, fmt.Errorf("%w: %w", errGone, err)
	case err != nil:
		return link{}, err
	case conn.RunID() != p.RunID:
		defer conn.Close()
		return link{}, fmt.Errorf("%w: run id %s answers at %s instead of %s", errGone, conn.RunID(), p.Addr, p.RunID)
	}
	if c.ready {
		if err := conn.Ready(ctx); err != nil {
			conn.Close()
			return link{}, err
		}
	}
	return c.keep(p, conn, term, name)
}

// name is that of a new connection of the present term.
func (c *control) name() (term uint64, name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	return c.term, connName(c.term, c.seal(c.term), c.kind, c.made)
}

// exactly returns the connection with this number, and never opens one.
func (c *control) exactly(p sentinel.Process, number uint64) (link, error) {
	kept, err := c.kept(p)
	if err == nil && (kept.number != number || dead(kept)) {
		err = errOtherConn
	}
	return kept, err
}

// kept is the connection to a process, which may have ended or be silent.
func (c *control) kept(p sentinel.Process) (link, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept, ok := c.open[p.UID]
	if !ok || kept.RunID() != p.RunID {
		return link{}, errOtherConn
	}
	return kept, nil
}

// begin tells that a connection has to be made ahead and that nobody is at it.
func (c *control) begin(p sentinel.Process) bool {
	if kept, err := c.kept(p); err == nil && !dead(kept) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.opening[p.UID] {
		return false
	}
	if next := c.ahead[p.UID]; next != nil && time.Now().Before(next.from) {
		return false
	}
	c.opening[p.UID] = true
	return true
}

func (c *control) done(p sentinel.Process) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.opening, p.UID)
}

// lost tells how long none is to be opened ahead, after the one of this number, which lived so
// long. One that was given up for another one, or with its pod, tells nothing.
func (c *control) lost(p sentinel.Process, number uint64, lived time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[p.UID].number != number {
		return 0
	}
	next := c.ahead[p.UID]
	if next == nil {
		next = &ahead{}
		c.ahead[p.UID] = next
	}
	pause := next.pause(lived)
	next.from = time.Now().Add(pause)
	return pause
}

func (c *control) keep(p sentinel.Process, conn Conn, term uint64, name string) (link, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.term != term { // another term began meanwhile
		conn.Close()
		return link{}, errOtherConn
	}
	if old, ok := c.open[p.UID]; ok {
		if old.RunID() == p.RunID && !dead(old) {
			conn.Close() // opened twice at once; a command may be under way on the first
			return old, nil
		}
		old.Close()
	}
	c.last++
	c.open[p.UID] = link{Conn: conn, number: c.last, name: name, alone: new(atomic.Bool), renewed: c.had[p.UID]}
	c.had[p.UID] = true
	return c.open[p.UID], nil
}

// rest gives back what commands needed that are over.
func (c *control) rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.open {
		conn.Rest()
	}
}

// discard gives up the connection of this number; by now there may be a later one, to which
// an order is tied.
func (c *control) discard(uid string, number uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if conn, ok := c.open[uid]; ok && conn.number == number {
		conn.Close()
		delete(c.open, uid)
	}
}

// drop forgets all of a pod.
func (c *control) drop(uid string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.ahead, uid)
	if conn, ok := c.open[uid]; ok {
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
	clear(c.had)
	clear(c.ahead)
}

func (c *control) close() { c.reset(0) }

func (c *control) currentTerm() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.term
}
