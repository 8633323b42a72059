package node

import "time"

const (
	// usualLook and usualMost are a kubelet's, as it comes.
	usualLook = time.Second
	usualMost = 5 * time.Minute
	// firstPause is the first back-off, where Most is not shorter still.
	firstPause = 10 * time.Second
	// forgetAfter is how long after a restart the back-off begins anew.
	forgetAfter = 10 * time.Minute
)

// Restarts says when a container that has ended is started again. The zero value is
// the way of a kubelet (of 1.36) with its usual configuration: it looks for ended
// containers once a second and starts one again at that look the first time, 10 s
// after its end the second time, and then 20 s, 40 s and so on up to five minutes. Ten
// minutes after a restart that is forgotten. The exit code does not matter.
type Restarts struct {
	// Look is how often ended containers are looked for. 1 s when zero; negative: an
	// end is noticed at once.
	Look time.Duration
	// Most is the longest back-off, which kubelets call
	// crashLoopBackOff.maxContainerRestartPeriod and take from 1 s to 5 min. 5 min
	// when zero; negative: there is no back-off at all.
	Most time.Duration
}

// AtOnce is a container that is back within milliseconds, every time. No kubelet does
// that for a crash. It is the hardest case for whoever has to notice the crash.
var AtOnce = Restarts{Look: -1, Most: -1}

func (r Restarts) complete() Restarts {
	if r.Look == 0 {
		r.Look = usualLook
	}
	if r.Most == 0 {
		r.Most = usualMost
	}
	return r
}

// looks are the times at which a node looks for ended containers.
type looks struct {
	first time.Time // any of them
	every time.Duration
}

// after is the first look that sees what happened at that time.
func (l looks) after(at time.Time) time.Time {
	if l.every <= 0 {
		return at
	}
	late := at.Sub(l.first) % l.every
	switch {
	case late == 0:
		return at
	case late < 0:
		late += l.every
	}
	return at.Add(l.every - late)
}

// backoff is what is remembered of one container's restarts.
type backoff struct {
	most  time.Duration // negative: no back-off
	pause time.Duration // after the next end; zero before the first restart
	since time.Time     // of the last restart
}

// until is when a container that ended at that time may be started again.
func (b *backoff) until(ended time.Time) time.Time {
	forgotten := b.since.Add(forgetAfter)
	if b.pause == 0 || ended.After(forgotten) {
		return ended
	}
	// Kubelets drop what they remember when its time has come, also in the middle.
	if due := ended.Add(b.pause); due.Before(forgotten) {
		return due
	}
	return forgotten
}

// untilKilled is until for a container that the kubelet itself has ended, because of
// a probe. It starts the next one in the same breath and goes by what it knew before
// that, which is the end before this one, if there was any.
func (b *backoff) untilKilled(before, ended time.Time) time.Time {
	if before.IsZero() || !b.until(before).After(ended) {
		return ended
	}
	return b.until(ended)
}

// restarted takes down a restart.
func (b *backoff) restarted(at time.Time) {
	switch {
	case b.most < 0:
		return
	case b.pause == 0 || at.After(b.since.Add(forgetAfter)):
		b.pause = min(firstPause, b.most)
	default:
		b.pause = min(2*b.pause, b.most)
	}
	b.since = at
}
