package k8s

import (
	"bytes"
	"context"
	"errors"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// The Lease alone gives a leader up LeaseTimes.Duration after its last sign of life, and
// a master that was lost together with it waits so long. So the others ask the holder
// themselves, as Sentinels ask each other. One that answers is left alone, whatever the
// Lease looks like. One that does not, and has not renewed either for longer than
// a leader takes for that, is given up; so is, at once, one that had answered, whose
// connection then ended, and where a new one is refused: its process is gone. Silence alone does
// not tell that, the network may be at fault. Being wrong costs a term, no safety: see package
// sentinel, "Two who believe they lead".

// A holder is asked so often, and has so long to show any reaction.
const (
	askEvery  = 500 * time.Millisecond
	askWithin = 500 * time.Millisecond
)

// challenger looks for a holder that is to be given up, beside one election.
type challenger struct {
	lock *lock // to read with; not the election's own
	// answers asks for a reaction: see Options.Answers.
	answers func(ctx context.Context, holder string) (net.Conn, error)
	// leaves tells that the holder's pod is about to end; it answers for a while yet.
	leaves func(holder string) bool
	// renewal is what a leader takes at most between two renewals of its Lease.
	renewal time.Duration
	holder  atomic.Pointer[string] // as the election observed it
	kept    *attention             // to the last holder that answered; nil for none
	// lost is the holder whose connection has ended, and who has not let us keep one since.
	lost string
}

// verdict is what a challenger found out about a holder.
type verdict struct {
	over   bool   // another one may have the Lease
	vacant []byte // the Lease as it was read, of one that still stands in it
	why    string // it is given up, with vacant
}

// run returns when a holder is to be given up, or gave its Lease back, and when ctx is done.
func (c *challenger) run(ctx context.Context) verdict {
	defer c.hangUp()
	for {
		c.pause(ctx)
		if ctx.Err() != nil {
			return verdict{}
		}
		holder := c.holder.Load()
		if holder == nil || *holder == "" || *holder == c.lock.Identity() {
			continue
		}
		if found := c.judge(ctx, *holder); found.over {
			return found
		}
	}
}

// pause waits for the next moment to ask.
func (c *challenger) pause(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(askEvery):
	case <-c.kept.over():
		c.lose()
	}
}

func (c *challenger) lose() {
	c.lost = c.kept.holder
	c.hangUp()
}

// hasLost tells whether the connection to a holder has ended.
func (c *challenger) hasLost(holder string) bool {
	select {
	case <-c.kept.over():
		c.lose()
	default:
	}
	return c.lost == holder
}

func (c *challenger) hangUp() {
	c.kept.hangUp()
	c.kept = nil
}

// judge asks a holder, and looks into its Lease when it does not answer.
func (c *challenger) judge(ctx context.Context, holder string) verdict {
	if c.leaves(holder) {
		if _, free := c.read(ctx, holder); free {
			return verdict{over: true}
		}
	}
	if !c.hasLost(holder) && c.ask(ctx, holder) == nil {
		return verdict{}
	}
	return c.doubt(ctx, holder)
}

// doubt looks whether a holder that is silent, or has ended its connection, gave its Lease back,
// or does not renew it for as long as that lasts. Where nobody is left, nothing is waited for.
func (c *challenger) doubt(ctx context.Context, holder string) verdict {
	lost := c.hasLost(holder)
	before, free := c.read(ctx, holder)
	if before == nil || free {
		return verdict{over: free}
	}
	for end := time.Now().Add(c.renewal); time.Now().Before(end); {
		switch err := c.ask(ctx, holder); {
		case err == nil:
			return verdict{}
		case !lost && c.hasLost(holder):
			return c.doubt(ctx, holder)
		case lost && isVacant(err):
			return verdict{over: true, vacant: before, why: "the leader has ended its connection and answers no more"}
		case !lingered(ctx, askEvery/5):
			return verdict{}
		}
	}
	after, _ := c.read(ctx, holder)
	if !bytes.Equal(before, after) {
		return verdict{}
	}
	return verdict{over: true, vacant: after, why: "the leader is silent and does not renew its Lease"}
}

// isVacant tells of a failure to connect that shows that there is nobody.
func isVacant(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, errNoPeer)
}

// ask asks a holder for any reaction, and keeps the connection on which it answered. One who
// has ended a connection and answers lives, and ends connections: until it is asked again, that
// is no sign any more. Else each end would be a reason to ask, and each answer the next end.
func (c *challenger) ask(ctx context.Context, holder string) error {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	conn, err := c.answers(ctx, holder)
	switch {
	case conn == nil:
	case c.lost == holder:
		c.lost = ""
		_ = conn.Close()
	default:
		c.hangUp()
		c.kept = attend(holder, conn)
	}
	return err
}

// read reads the Lease; nil if another one holds it, or it cannot be read.
func (c *challenger) read(ctx context.Context, holder string) (lease []byte, free bool) {
	record, raw, err := c.lock.Get(ctx)
	if err != nil || record.HolderIdentity != holder && record.HolderIdentity != "" {
		return nil, false
	}
	return raw, record.HolderIdentity == ""
}

func lingered(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}
