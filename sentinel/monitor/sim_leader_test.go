package monitor_test

import (
	"slices"
	"time"
)

// What each fault does to the service, its leader and the API server; and how all ends.

func (w *world) changeLeader(d dice) {
	n := d.IntN(len(w.services))
	if n != w.leader && w.services[n].up {
		w.lead(n, d.rarely(0.6, 5*time.Millisecond, 12*time.Second))
	}
}

func (w *world) crashService(d dice, v *service) {
	if !v.up {
		return
	}
	v.crash()
	w.after(d.rarely(0.5, 200*time.Millisecond, 4*time.Second), func() { w.startService(v.seat) })
	if w.leader != v.seat {
		return
	}
	w.after(d.between(10*time.Millisecond, 6*time.Second), func() {
		if w.leader == v.seat {
			w.electAny()
		}
	})
}

// restartInPlace ends the leader's process. Its container is back at once under the same
// name, which the Lease still has, so that it leads again.
func (w *world) restartInPlace(d dice) {
	v := w.services[w.leader]
	if !v.up || w.heardOnly() {
		return
	}
	v.crash()
	w.after(d.between(10*time.Millisecond, time.Second), func() {
		w.startService(v.seat)
		if w.leader == v.seat {
			w.lead(v.seat, 0)
		}
	})
}

// heardOnly: the master ended before the record had its replication id, which only the
// leader has heard of: the replicas stand still and name nobody. A second restart of the
// leader within these milliseconds costs the wait that the first one does not.
func (w *world) heardOnly() bool {
	m := w.recordMaster()
	return m != nil && !m.up && m.pod.backOff && m.replid != w.record.Lineage.ReplID
}

// crashBeside ends the master and the leader in one moment, while others have the data, or
// one has by now. The master's container is in back-off: it had crashed before.
func (w *world) crashBeside(d dice) {
	m := w.recordMaster()
	if m == nil || !slices.ContainsFunc(w.pods, func(p *simPod) bool { return p.process != m && p.alive() }) {
		return
	}
	w.restartInPlace(d)
	m.pod.backOff = true
	m.die()
}

// electAny makes a service that runs the leader, and tries again if none does.
func (w *world) electAny() {
	first := w.dice.IntN(len(w.services))
	for i := range w.services {
		n := (first + i) % len(w.services)
		if w.services[n].up {
			w.lead(n, 0)
			return
		}
	}
	w.after(100*time.Millisecond, w.electAny)
}

// holdLeader holds the leader up, and mostly another one leads meanwhile.
func (w *world) holdLeader(d dice) {
	span := d.rarely(0.6, 100*time.Millisecond, 8*time.Second)
	w.services[w.leader].holdUp(span)
	if d.chance(0.8) {
		w.after(d.between(0, span), func() { w.changeLeader(d) })
	}
}

// overtake holds the leader up while another one leads and more happens.
func (w *world) overtake(d dice) {
	span := d.between(time.Second, 9*time.Second)
	w.services[w.leader].holdUp(span)
	w.after(d.rarely(0.3, 50*time.Millisecond, time.Second), func() { w.changeLeader(d) })
	for range d.IntN(4) {
		s := w.plan.draw(d, 0)
		w.after(d.between(0, span), func() { w.strike(s) })
	}
}

// leaveBehind cuts the leader off together with the master, as a node is lost that has
// both. Another one leads meanwhile; the old one hears of that, and of what happened to
// the record, some time after it reaches everybody again.
func (w *world) leaveBehind(d dice) {
	master, old := w.recordMaster(), w.services[w.leader]
	if master == nil || !old.up {
		return
	}
	w.tell("%s and %s are lost together", master.pod.Name, old.name)
	w.isolate(master.place, true, old.place)
	w.isolate(old.place, true, master.place)
	span, late := d.between(3*time.Second, 12*time.Second), d.between(0, 4*time.Second)
	w.outage = refuses
	w.after(d.between(time.Second, 3*time.Second), func() {
		for n, v := range w.services {
			if v != old && v.up && w.services[w.leader] == old {
				w.lead(n, span+late)
			}
		}
	})
	w.after(span, func() {
		w.tell("%s and %s are reached again", master.pod.Name, old.name)
		w.isolate(master.place, false)
		w.isolate(old.place, false)
		w.setCut(old.place, apiServer, true) // its connections to the API server are dead for longer
		w.after(late, func() { w.setCut(old.place, apiServer, false) })
	})
}

// hide isolates the master with one client and takes the leader away.
func (w *world) hide(d dice) {
	w.island(d, w.recordMaster(), w.anyWriter(d))
	if v := w.services[w.leader]; d.chance(0.5) {
		w.crashService(d, v)
	} else {
		v.holdUp(d.between(time.Second, 9*time.Second))
		w.changeLeader(d)
	}
}

// split takes some processes away from each replica of the service.
func (w *world) split(d dice) {
	span := d.between(time.Second, 10*time.Second)
	for _, v := range w.services {
		for n := range place(w.plan.size) {
			if d.chance(0.4) {
				w.tell("%s does not reach redis-%d for %s", v.name, n, span)
				w.setCut(v.place, firstNode+n, true)
				w.after(span, func() { w.setCut(v.place, firstNode+n, false) })
			}
		}
	}
}

func (w *world) loseAPI(d dice) {
	w.tell("the API server is away")
	w.outage = outage(d.IntN(3))
	w.isolate(apiServer, true)
	w.after(d.rarely(0.6, 300*time.Millisecond, 12*time.Second), func() { w.isolate(apiServer, false) })
}

// heal ends all that is wrong.
func (w *world) heal() {
	w.tell("everything is healed")
	w.healed = true
	w.podsChanged() // a person accepts a loss
	for a := range place(places) {
		w.isolate(a, false)
	}
	w.rejects = [places][places]bool{}
	for _, p := range w.pods {
		w.hear(p)
		if p.process != nil {
			p.process.wake()
		}
	}
	if w.leads() {
		return
	}
	w.after(w.dice.between(0, 5*time.Second), func() {
		if !w.leads() {
			w.electAny()
		}
	})
}
