package monitor

import (
	"context"
	"time"
)

// quickMost bounds the quick readings that are under way in all sets together. One set
// that changes has a handful; when a thousand change at once, what each would like to
// look at ten times a second must not keep the others, and the leader's Lease, from
// their turn.
const quickMost = 32

// quickly takes a quick reading and notes when, or leaves it out where there is no room
// for it: another comes soon. false when the connection is of no use any more.
func (p *probe) quickly(ctx context.Context, conn Conn, last *time.Time) bool {
	select {
	case p.loop.m.quick <- struct{}{}:
	default:
		return true
	}
	defer func() { <-p.loop.m.quick }()
	*last = time.Now()
	return p.read(ctx, conn, *last)
}
