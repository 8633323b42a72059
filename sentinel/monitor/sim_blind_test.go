package monitor_test

import (
	"fmt"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// A leader that reaches no Redis, and what package k8s makes of that: it says so with each
// renewal of its Lease, and another one that looks at the Lease and does see takes it.

const (
	renews    = time.Second             // RetryPeriod
	looksMost = 2200 * time.Millisecond // and what the election makes of it for others
)

// watchLease lets the leader write what it sees, and the others read that.
func (w *world) watchLease() {
	if w.mutant == "blind leader" {
		return
	}
	w.after(renews, w.renew)
	for seat := range w.services {
		w.after(w.dice.between(renews, looksMost), func() { w.lookAtLease(seat) })
	}
}

func (w *world) renew() {
	w.after(renews, w.renew)
	if v := w.services[w.leader]; v.elects(w) {
		w.marked = v.monitor.Sight() == sentinel.SightNone
	}
}

func (w *world) lookAtLease(seat int) {
	w.after(w.dice.between(renews, looksMost), func() { w.lookAtLease(seat) })
	if v := w.services[seat]; seat != w.leader && w.marked && v.elects(w) && v.monitor.Sight() == sentinel.SightSome {
		w.count("blind leader relieved")
		w.tell("%s relieves %s, which reaches no Redis", v.name, w.services[w.leader].name)
		w.marked = false
		w.lead(seat, w.dice.between(0, renews))
	}
}

// elects: it takes part in the election now.
func (v *service) elects(w *world) bool { return v.up && !v.holding && !w.cut[v.place][apiServer] }

// blindLeader cuts the leader off from all Redis, and from nobody else.
func (w *world) blindLeader(d dice) {
	w.setBlind(w.services[w.leader], true)
	v := w.services[w.leader]
	w.after(d.rarely(0.5, 2*time.Second, 20*time.Second), func() { w.setBlind(v, false) })
	if d.chance(0.5) {
		w.after(d.between(0, 4*time.Second), func() { w.crash(w.recordMaster()) })
	}
}

// blindAll cuts all of the service off from all Redis.
func (w *world) blindAll(d dice) {
	span := d.between(time.Second, 15*time.Second)
	for _, v := range w.services {
		w.setBlind(v, true)
		w.after(span, func() { w.setBlind(v, false) })
	}
}

func (w *world) setBlind(v *service, blind bool) {
	w.tell("%s is cut off from all Redis: %t", v.name, blind)
	for n := range firstService {
		w.setCut(v.place, firstNode+n, blind)
	}
}

// seesWithin is how long a leader may be blind while others see: its down-after and a PING,
// its renewal, another one's look at it, and a failover with all that travels late.
const seesWithin = 30 * time.Second

// lastBlind blinds the leader once more while all else is well, and the master crashes; then
// all replicas of the service. There is a master soon, and nothing changes hands twice.
func (w *world) lastBlind() {
	locked(w, func() bool { w.heal(); return true })
	if !w.until(liveWithin, func() bool { return w.unwell() == "" && w.leads() }) {
		return // the check after healing tells it
	}
	crashed := locked(w, func() *process {
		w.setBlind(w.services[w.leader], true)
		m := w.recordMaster()
		w.after(w.dice.between(0, 3*time.Second), func() { w.crash(m) })
		return m
	})
	live := func() bool {
		m := w.recordMaster()
		return !crashed.up && w.record.Phase == sentinel.Stable && m != nil && m != crashed && m.writable()
	}
	if !w.until(seesWithin, live) {
		locked(w, func() bool {
			w.violate("liveness", "%s after the leader was cut off from all Redis and the master crashed: phase %s, master %s",
				seesWithin, w.record.Phase, w.record.Master.Pod)
			return true
		})
		return
	}
	w.until(10*time.Second, func() bool { return false })
	term, wrote := locked(w, func() string {
		for _, v := range w.services {
			w.setBlind(v, true)
		}
		return fmt.Sprint(w.term)
	}), locked(w, func() int { return len(w.wroteAt) })
	w.until(time.Minute, func() bool { return false })
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := fmt.Sprint(w.term); now != term {
		w.violate("few writes", "term %s after a minute in which all were blind, %s before", now, term)
	}
	if n := len(w.wroteAt) - wrote; n > writesMost {
		w.violate("few writes", "%d within a minute in which all were blind", n)
	}
}
