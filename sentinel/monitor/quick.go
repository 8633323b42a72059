package monitor

import "time"

// quickRate bounds the quick readings of all sets together, in a second. One set that
// changes takes ten of each of its pods; when a thousand change at once, what each would like
// to look at must not take the processor from those that are being worked on, nor from
// the leader's Lease. What a decision waits for is read with each PING besides
// (sentinel.Target).
const (
	quickRate  = 500
	quickBurst = 50
)

// mayHurry tells whether there is room for a quick reading; if not, another chance comes
// soon.
func (p *probe) mayHurry() bool { return p.loop.m.quick.Allow() }

func (p *probe) setHurry(hurry bool) {
	if p.hurry.Swap(hurry) == hurry {
		return
	}
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// pace lets the quick readings tick while they are wanted: of thousands of instances
// most rest.
func (p *probe) pace(quick *time.Ticker) {
	if p.hurry.Load() {
		quick.Reset(jitter(hurryPeriod)) // or those that find room once always would
	} else {
		quick.Stop()
	}
}
