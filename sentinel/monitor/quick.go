package monitor

import (
	"context"
	"sync"
	"time"
)

// quickMost bounds the quick readings that are under way in all sets together. One set
// that changes has a handful; when a thousand change at once, what each would like to
// look at ten times a second must not keep the others, and the leader's Lease, from
// their turn. A reading that waits for an answer makes room for another after quickFor:
// a Redis that says nothing costs nothing but the wait.
const (
	quickMost = 8
	quickFor  = 50 * time.Millisecond
)

// quickly takes a quick reading and notes when, or leaves it out where there is no room
// for it: another comes soon. false when the connection is of no use any more.
func (p *probe) quickly(ctx context.Context, conn Pulse, last *time.Time) bool {
	quick := p.loop.m.quick
	select {
	case quick <- struct{}{}:
	default:
		return true
	}
	makeRoom := sync.OnceFunc(func() { <-quick })
	defer makeRoom()
	defer time.AfterFunc(quickFor, makeRoom).Stop()
	*last = time.Now()
	return p.read(ctx, conn, *last)
}
