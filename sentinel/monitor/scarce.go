package monitor

import (
	"errors"
	"sync/atomic"
	"syscall"
	"time"
)

// A replica of the service that has no file, port or memory left for a connection has
// not asked anybody, so nobody was silent. Without this, one that watches more than its
// limit of open files allows would find healthy masters down.

// scarceEvery is how often it is told.
const scarceEvery = 10 * time.Second

// scarce tells that an attempt to connect failed for want of something of our own.
func scarce(err error) bool {
	for _, lacking := range []error{syscall.EMFILE, syscall.ENFILE, syscall.EADDRNOTAVAIL, syscall.ENOBUFS, syscall.ENOMEM} {
		if errors.Is(err, lacking) {
			return true
		}
	}
	return false
}

// scarcity tells it from time to time.
type scarcity struct{ told atomic.Int64 }

func (m *Monitor) tellScarce(err error) {
	now := time.Now().UnixNano()
	if last := m.scarcity.told.Load(); now-last < int64(scarceEvery) || !m.scarcity.told.CompareAndSwap(last, now) {
		return
	}
	m.Log.WithField("component", "monitor").WithField("err", err).
		Warn("no connection could be opened for want of files, ports or memory: nobody counts as silent for that; raise the limit of open files")
}

// deafened keeps the silence as it was before the first of such attempts.
func (p *probe) deafened(before time.Duration, err error) {
	if !p.deaf {
		p.deaf, p.quiet = true, before
	}
	p.hush()
	p.loop.m.tellScarce(err)
	p.triedOnce()
}

// hush takes off the silence what was not listened to.
func (p *probe) hush() {
	if p.deaf {
		p.unheard -= p.silence(time.Now()) - p.quiet
	}
}
