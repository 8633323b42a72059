package k8s

import (
	"bytes"
	"context"
	"sync/atomic"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The Lease alone gives a leader up LeaseTimes.Duration after its last sign of life, and
// a master that was lost together with it waits so long. So the others ask the holder
// themselves, as Sentinels ask each other. One that answers is left alone, whatever the
// Lease looks like; one that does not, and has not renewed either for longer than
// a leader takes for that, is given up at once. Being wrong costs a term, no safety: see
// package sentinel, "Two who believe they lead".

// A holder is asked so often, and has so long to show any reaction.
const (
	askEvery  = 500 * time.Millisecond
	askWithin = 500 * time.Millisecond
)

// challenger looks for a holder that is to be given up, beside one election.
type challenger struct {
	lock    *lock // to read with; not the election's own
	answers func(ctx context.Context, holder string) bool
	// leaves tells that the holder's pod is about to end; it answers for a while yet.
	leaves func(holder string) bool
	// renewal is what a leader takes at most between two renewals of its Lease.
	renewal time.Duration
	holder  atomic.Pointer[string] // as the election observed it
}

// verdict is what a challenger found out about a holder.
type verdict struct {
	over   bool   // another one may have the Lease
	vacant []byte // the Lease as it was read, of one that still stands in it
}

// run returns when a holder is to be given up, or gave its Lease back, and when ctx is done.
func (c *challenger) run(ctx context.Context) verdict {
	for lingered(ctx, askEvery) {
		holder := c.holder.Load()
		if holder == nil || *holder == "" || *holder == c.lock.Identity() {
			continue
		}
		if c.leaves(*holder) {
			if _, free := c.read(ctx, *holder); free {
				return verdict{over: true}
			}
		}
		if c.reacts(ctx, *holder) {
			continue
		}
		if found := c.unrenewed(ctx, *holder); found.over {
			return found
		}
	}
	return verdict{}
}

// unrenewed looks whether a holder goes on to be silent and does not renew its Lease, or
// gave it back.
func (c *challenger) unrenewed(ctx context.Context, holder string) verdict {
	before, free := c.read(ctx, holder)
	if before == nil || free {
		return verdict{over: free}
	}
	for end := time.Now().Add(c.renewal); time.Now().Before(end); {
		if !lingered(ctx, askEvery/5) || c.reacts(ctx, holder) {
			return verdict{}
		}
	}
	after, _ := c.read(ctx, holder)
	if !bytes.Equal(before, after) {
		return verdict{}
	}
	return verdict{over: true, vacant: after}
}

func (c *challenger) reacts(ctx context.Context, holder string) bool {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	return c.answers(ctx, holder)
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

// peerAnswers asks the pod that holds the Lease. Of one whose address is not known
// nothing is known; a pod that does not exist answers nobody.
func (w *Watch) peerAnswers(ctx context.Context, pod string) bool {
	if w.peers == nil || w.options.Answers == nil || !w.peers.HasSynced() {
		return true
	}
	object, found, err := w.peers.GetStore().GetByKey(w.options.Namespace + "/" + pod)
	if err != nil || !found {
		return err != nil
	}
	row := object.(*peerRow)
	if row.ip == "" {
		return true
	}
	addr := sentinel.Addr{Host: row.ip, Port: row.port}
	if addr.Port == 0 {
		addr.Port = w.options.SentinelPort
	}
	return w.options.Answers(ctx, addr)
}

// peerLeaves tells that the pod which holds the Lease is being deleted.
func (w *Watch) peerLeaves(pod string) bool {
	if w.peers == nil {
		return false
	}
	object, found, err := w.peers.GetStore().GetByKey(w.options.Namespace + "/" + pod)
	return err == nil && found && object.(*peerRow).leaving
}
