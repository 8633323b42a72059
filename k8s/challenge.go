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
	// renewal is what a leader takes at most between two renewals of its Lease.
	renewal time.Duration
	holder  atomic.Pointer[string] // as the election observed it
}

// run returns the Lease of a holder that is to be given up, as it was read; nil when
// ctx is done before there is one.
func (c *challenger) run(ctx context.Context) []byte {
	for lingered(ctx, askEvery) {
		holder := c.holder.Load()
		if holder == nil || *holder == "" || *holder == c.lock.Identity() || c.reacts(ctx, *holder) {
			continue
		}
		if lease := c.unrenewed(ctx, *holder); lease != nil {
			return lease
		}
	}
	return nil
}

// unrenewed is the Lease of a holder that goes on to be silent and does not renew it,
// or of one that gave it back; nil if there is a sign of life.
func (c *challenger) unrenewed(ctx context.Context, holder string) []byte {
	before, free := c.read(ctx, holder)
	if before == nil || free {
		return before
	}
	for end := time.Now().Add(c.renewal); time.Now().Before(end); {
		if !lingered(ctx, askEvery/5) || c.reacts(ctx, holder) {
			return nil
		}
	}
	after, _ := c.read(ctx, holder)
	if !bytes.Equal(before, after) {
		return nil
	}
	return after
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
