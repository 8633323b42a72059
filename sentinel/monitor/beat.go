package monitor

import (
	"math/rand/v2"
	"time"
)

const (
	// beat is what the probes of a service have in common: PINGs go out on it, so that
	// one waking of a thread serves many.
	beat     = 20 * time.Millisecond
	beatFrom = 10 * beat // shorter periods are kept as they are
)

// untilPing is Sentinel's period: ping-period, or down-after if that is shorter; a tenth
// less at random, so that a service with many probes does not send all at once.
func (p *probe) untilPing() time.Duration {
	period := time.Duration(p.loop.m.pingPeriod.Load())
	period = jitter(max(10*time.Millisecond, min(period, time.Duration(p.downAfter.Load())/2)))
	if period < beatFrom {
		return period
	}
	at := time.Since(p.loop.m.attention.born) + period
	return period - at%beat
}

// jitter spreads the PINGs of many probes over their period.
func jitter(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/10))
}
