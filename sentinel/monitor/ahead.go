package monitor

import (
	"context"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// openAhead makes the leader's connections before they are needed: that for
// commands saves a failover the handshake, and a second one to the master lies idle
// for the pill. A process that is frozen later has accepted it by then, and no
// command that waits for an answer stands in the pill's way.
func (l *loop) openAhead() {
	if l.disarm == nil {
		return
	}
	for _, t := range l.machine.Targets() {
		p, answers := l.machine.Answering(t.UID)
		if !answers {
			continue
		}
		l.open(l.control, p)
		if t.Master {
			l.open(l.pills, p)
		}
	}
}

// open opens a kept connection beside the loop, once at a time.
func (l *loop) open(c *control, p sentinel.Process) {
	if !c.begin(p) {
		return
	}
	acting := l.acting
	l.m.wg.Go(func() {
		ctx, cancel := context.WithTimeout(acting, commandTimeout)
		defer cancel()
		defer c.done(p)
		conn, err := c.to(ctx, p)
		if err != nil {
			return // what fails here fails again where it matters
		}
		opened := time.Now()
		conn.OnLost(func() { // open it anew when somebody cuts it
			sleep(acting, c.lost(p, conn.number, time.Since(opened)))
			l.post(sentinel.Tick{})
		})
	})
}
