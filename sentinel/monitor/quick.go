package monitor

import (
	"context"
	"time"
)

// quickRate bounds the quick readings of all sets together, in a second. One set that
// changes takes ten of each of its pods; when a thousand change at once, what each would like
// to look at must not take the processor from those that are being worked on, nor from
// the leader's Lease.
const (
	quickRate  = 500
	quickBurst = 50
)

// quickly takes a quick reading and notes when, or leaves it out where there are too many:
// another comes soon. false when the connection is of no use any more.
func (p *probe) quickly(ctx context.Context, conn Pulse, last *time.Time) bool {
	if !p.loop.m.quick.Allow() {
		return true
	}
	*last = time.Now()
	return p.read(ctx, conn, *last)
}
