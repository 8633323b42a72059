package monitor_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Processes that answer PING and refuse commands at once, as with an ACL; clients with the
// name of a leader; and what is written to Kubernetes while such a state lasts.

var errRefused = errors.New("NOPERM this user has no permissions to run the command")

// writesMost bounds what is written for one set in a minute of any lasting state: the
// record, labels and Events.
const writesMost = 30

// refusals is what is known of them.
type refusals struct {
	wroteAt []time.Duration // to the API server
	lasting []int           // written in a minute in which nothing changed
	allowed bool            // nothing is refused any more
}

var refusable = []string{"INFO", "Promote", "Promote", "SetFence", "Follow", "Freeze", "Demote", "Pause"}

// refusal is what the process says to an order; each one reads the state.
func (r *process) refusal(order string) error {
	if r.refuses["INFO"] || r.refuses[order] {
		return errRefused
	}
	return nil
}

// refuseSome lets one of the pods refuse some commands until the end of the schedule, unless
// that leaves none that refuses nothing.
func (w *world) refuseSome(d dice) {
	p, well := w.anyPod(d), 0
	for _, q := range w.pods {
		if q != p && q.alive() && len(q.process.refuses) == 0 {
			well++
		}
	}
	if p == nil || p.process == nil || well < 2 {
		return
	}
	p.process.refuses = map[string]bool{refusable[d.IntN(len(refusable))]: true, refusable[d.IntN(len(refusable))]: true}
	w.tell("%s refuses %v", p.Name, p.process.refuses)
}

// forge is a client that takes the name of a later leader, again and again.
func (w *world) forge(d dice) {
	if r := w.anyProcess(d); r != nil {
		w.tell("a client of %s names itself as a leader does", r.pod.Name)
		w.keepForging(r)
	}
}

func (w *world) keepForging(r *process) {
	const name = "ctl-99999.x"
	if !r.up || w.allowed {
		return
	}
	if !slices.ContainsFunc(r.conns, func(c *wire) bool { return c.name == name && !c.closed }) {
		w.connect(r.place, r).name = name
	}
	w.after(200*time.Millisecond, func() { w.keepForging(r) })
}

// seal is what a service is given to tell leaders by.
func (w *world) seal(term uint64) string {
	if w.mutant == "seal" {
		return ""
	}
	return fmt.Sprintf("seal%d", term)
}

func (w *world) wrote() { w.wroteAt = append(w.wroteAt, w.now()) }

// last lets what is refused be refused while all else is healed: one that is well has to be
// master, and little is written. Clients that never ask again may stay at a former master
// that refuses to be detached.
func (w *world) last() {
	locked(w, func() bool { w.heal(); return true })
	within := sentinel.Defaults().FailoverTimeout + liveWithin // the only one with the data may be the one that refuses
	live := func() bool {
		m := w.recordMaster()
		return w.record.Phase == sentinel.Stable && m != nil && m.writable()
	}
	if !w.until(within, live) {
		w.mu.Lock()
		defer w.mu.Unlock()
		why := fmt.Sprintf("phase %s, master %s, last write acknowledged at %s", w.record.Phase, w.record.Master.Pod, w.lastAck)
		if m := w.recordMaster(); m != nil {
			why += fmt.Sprintf(", role %s, %d of %d replicas, paused until %s", m.role, m.good, m.fence, m.pauseEnd)
		}
		w.violate("liveness", "%s after all but refusals was healed: %s", within, why)
		return
	}
	w.until(30*time.Second, func() bool { return false })
	settled := locked(w, w.now)
	w.until(time.Minute, func() bool { return false })
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, at := range w.wroteAt {
		if at >= settled {
			n++
		}
	}
	w.lasting = append(w.lasting, n)
	if n > writesMost {
		w.violate("few writes", "%d within a minute, and nothing changes", n)
	}
	w.allowed = true
	for _, p := range w.pods {
		if p.process != nil {
			p.process.refuses = nil
		}
	}
}
