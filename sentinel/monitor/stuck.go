package monitor

import (
	"slices"
	"time"
)

// A loop waits for nobody: what it has to do it does within milliseconds. One that does not
// is stuck, by a mistake in here, and its master is nobody's while this replica of the
// service goes on to renew its Lease and to answer PING. So somebody looks.

// stuckFor is how long a loop may have something to do without having done it. Time in which
// the process was not run does not count.
const stuckFor = 10 * time.Second

// owing is since when a loop has something to do; zero while it has nothing.
type owing struct {
	since  time.Time
	missed time.Duration // of the process's time, until then
}

// owe notes, with l.mu held, that there is something to do.
func (l *loop) owe() {
	if l.owing.since.IsZero() {
		now := time.Now()
		l.owing = owing{since: now, missed: l.m.attention.missed(now)}
	}
}

// start is owe for what no inbox has told.
func (l *loop) start() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owe()
}

// finish notes that all that had come has been done.
func (l *loop) finish() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.owing = owing{}
	if len(l.inbox) > 0 {
		l.owe()
	}
}

// stuck is for how long the loop has not done what it has to do.
func (l *loop) stuck(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.owing.since.IsZero() {
		return 0
	}
	return now.Sub(l.owing.since) - (l.m.attention.missed(now) - l.owing.missed)
}

// Stuck names the masters whose loops have stood still for longer than anything explains but a mistake,
// in their order, and for how long the longest has.
func (m *Monitor) Stuck() (masters []string, longest time.Duration) {
	now := time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, l := range m.loops {
		if d := l.stuck(now); d >= stuckFor {
			masters, longest = append(masters, name), max(longest, d)
		}
	}
	slices.Sort(masters)
	return masters, longest
}
