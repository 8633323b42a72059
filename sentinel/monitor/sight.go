package monitor

import (
	"errors"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// sight is when this replica of the service heard of any Redis last. It tells a leader that
// is cut off from one where everything is silent: others see more.
type sight struct {
	probes atomic.Int64
	// Of this monitor's attention, in nanoseconds after its birth; 0 is never.
	heard  atomic.Int64
	since  atomic.Int64 // from when on silence counts
	missed atomic.Int64 // the attention that was lost before
}

// begin is called for each probe that begins: nobody is silent who was not asked.
func (m *Monitor) begin() {
	if m.sight.probes.Add(1) == 1 {
		m.listen(time.Now())
	}
}

func (m *Monitor) ended() { m.sight.probes.Add(-1) }

// reached notes an answer of any Redis, or of the machine that should have one.
func (m *Monitor) reached(now time.Time) {
	m.sight.heard.Store(int64(now.Sub(m.attention.born)))
	m.listen(now)
}

func (m *Monitor) listen(now time.Time) {
	m.sight.since.Store(int64(now.Sub(m.attention.born)))
	m.sight.missed.Store(int64(m.attention.missed(now))) // after: who looks in between sees less silence, not more
}

// Sight tells whether this replica reaches any Redis.
func (m *Monitor) Sight() sentinel.Sight {
	downAfter := m.shortestDownAfter()
	if downAfter == 0 || m.sight.probes.Load() == 0 {
		return sentinel.SightUnclear
	}
	now := time.Now()
	at, heard := now.Sub(m.attention.born), time.Duration(m.sight.heard.Load())
	silence := at - time.Duration(m.sight.since.Load()) - (m.attention.missed(now) - time.Duration(m.sight.missed.Load()))
	switch {
	case silence >= downAfter:
		return sentinel.SightNone
	case heard > 0 && at-heard < downAfter/2:
		return sentinel.SightSome
	}
	return sentinel.SightUnclear
}

// shortestDownAfter is that of the sets which have instances; 0 without one.
func (m *Monitor) shortestDownAfter() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	shortest := time.Duration(0)
	for _, l := range m.loops {
		if d := time.Duration(l.downAfter.Load()); d > 0 && (shortest == 0 || d < shortest) {
			shortest = d
		}
	}
	return shortest
}

// speaks tells of a failure that is an answer all the same.
func speaks(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, errNotValid)
}
