package k8s

import (
	"bytes"
	"context"
	"net"
	"sync/atomic"
	"time"
)

// The Lease alone gives a leader up LeaseTimes.Duration after its last sign of life, and
// a master that was lost together with it waits so long. So the others ask the holder
// themselves, as Sentinels ask each other. One that answers is left alone, whatever the
// Lease looks like. One that does not, and has not renewed either for longer than
// a leader takes for that, is given up; so is, at once, one that had answered, whose
// connection then ended, and which cannot be reached anew: its process is gone. Being wrong
// costs a term, no safety: see package sentinel, "Two who believe they lead".

const (
	// A holder is asked so often, and has so long to show any reaction.
	askEvery  = 500 * time.Millisecond
	askWithin = 500 * time.Millisecond
	// endedWithin is what it has when its connection has ended: within a cluster, a process
	// that lives is reached in a millisecond.
	endedWithin = 250 * time.Millisecond
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
		ended := c.pause(ctx)
		if ctx.Err() != nil {
			return verdict{}
		}
		holder := c.holder.Load()
		if holder == nil || *holder == "" || *holder == c.lock.Identity() {
			continue
		}
		if found := c.judge(ctx, *holder, ended == *holder); found.over {
			return found
		}
	}
}

// pause waits for the next moment to ask, and tells whose connection has ended.
func (c *challenger) pause(ctx context.Context) (ended string) {
	select {
	case <-ctx.Done():
	case <-time.After(askEvery):
	case <-c.kept.over():
		ended = c.kept.holder
		c.hangUp()
	}
	return ended
}

// hasEnded tells whether the connection to a holder ended while it was asked.
func (c *challenger) hasEnded(holder string) bool {
	select {
	case <-c.kept.over():
		return c.kept.holder == holder
	default:
		return false
	}
}

func (c *challenger) hangUp() {
	c.kept.hangUp()
	c.kept = nil
}

// judge asks a holder, and looks into its Lease when it does not answer.
func (c *challenger) judge(ctx context.Context, holder string, ended bool) verdict {
	if c.leaves(holder) {
		if _, free := c.read(ctx, holder); free {
			return verdict{over: true}
		}
	}
	if ended {
		if !c.reacts(ctx, holder, endedWithin) {
			return c.vacated(ctx, holder)
		}
		// It lives, and ends connections. Until it is asked again, that is no sign any more:
		// each end would be a reason to ask at once, and each answer the next end.
		c.hangUp()
		return verdict{}
	}
	if c.reacts(ctx, holder, askWithin) {
		return verdict{}
	}
	return c.unrenewed(ctx, holder)
}

// vacated is the verdict on a holder whose process is gone.
func (c *challenger) vacated(ctx context.Context, holder string) verdict {
	lease, free := c.read(ctx, holder)
	if lease == nil || free {
		return verdict{over: free}
	}
	return verdict{over: true, vacant: lease, why: "the leader has ended its connection and answers no more"}
}

// unrenewed looks whether a holder goes on to be silent and does not renew its Lease, or
// gave it back.
func (c *challenger) unrenewed(ctx context.Context, holder string) verdict {
	before, free := c.read(ctx, holder)
	if before == nil || free {
		return verdict{over: free}
	}
	for end := time.Now().Add(c.renewal); time.Now().Before(end); {
		switch {
		case !lingered(ctx, askEvery/5), c.reacts(ctx, holder, askWithin):
			return verdict{}
		case c.hasEnded(holder):
			return c.vacated(ctx, holder)
		}
	}
	after, _ := c.read(ctx, holder)
	if !bytes.Equal(before, after) {
		return verdict{}
	}
	return verdict{over: true, vacant: after, why: "the leader is silent and does not renew its Lease"}
}

// reacts asks a holder, and keeps the connection on which it answered.
func (c *challenger) reacts(ctx context.Context, holder string, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	conn, err := c.answers(ctx, holder)
	if conn != nil {
		c.hangUp()
		c.kept = attend(holder, conn)
	}
	return err == nil
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
