package monitor_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// liveWithin is how long everything may take to be well after all was healed.
const liveWithin = 60 * time.Second

// play plays one schedule in a bubble of its own. A goroutine that is left after every
// Monitor was closed is a deadlock for synctest, and a violation here.
func play(t *testing.T, seed uint64, mutant, profile string) (w *world) {
	t.Helper()
	defer func() {
		if left := recover(); left != nil {
			if w == nil {
				panic(left)
			}
			w.over = false
			w.violate("end", "%v", left)
		}
	}()
	synctest.Test(t, func(*testing.T) {
		w = newWorld(seed, mutant, profile)
		w.mu.Lock()
		w.setUp()
		w.mu.Unlock()
		w.pass()
		w.end()
	})
	return w
}

// setUp makes the cluster of a schedule.
func (w *world) setUp() {
	p := w.plan
	w.excusedWrites, w.named = map[int32]bool{}, map[string]bool{}
	w.size, w.reuse, w.restart, w.watchLag = p.size, p.reuse, p.restart, p.watchLag
	w.delay.usual, w.delay.most = 500*time.Microsecond, p.delay
	w.tell("seed %d, %s, %d pods, %d of the service", w.seed, p.name, p.size, p.services)
	w.services = make([]*service, p.services)
	for n := range p.services {
		w.startService(n)
	}
	for ordinal := range p.size {
		w.addPod(ordinal, sentinel.Addr{})
	}
	w.lead(p.firstLeader, 0)
	w.watchLease()
	for n := range p.writers {
		w.addWriter(n)
	}
}

// pass lets the time of the schedule pass: the beginning, the faults, the healing.
func (w *world) pass() {
	w.until(12*time.Second, func() bool { return w.healthyOnce })
	w.mu.Lock()
	w.traps = w.plan.traps
	for _, s := range w.plan.strikes {
		w.after(s.at, func() { w.strike(s) })
	}
	w.mu.Unlock()
	w.until(w.plan.end, func() bool { return false })
	switch {
	case w.plan.refuses:
		w.last()
	case w.plan.blinds:
		w.lastBlind()
	}
	began := locked(w, func() time.Duration {
		w.heal()
		return w.now()
	})
	w.until(liveWithin, func() bool { return w.unwell() == "" && w.lastAck > began })
	w.mu.Lock()
	defer w.mu.Unlock()
	w.count("profile " + w.plan.name)
	switch why := w.unwell(); {
	case w.broken != nil:
	case why != "":
		w.violate("liveness", "%s after everything was healed: %s", liveWithin, why)
	case w.lastAck <= began:
		w.violate("liveness", "no write was acknowledged")
	default:
		w.checkLosses()
	}
}

// end closes all Monitors and waits for what clients have asked of them.
func (w *world) end() {
	for _, v := range w.services {
		if locked(w, func() bool { return v.up }) {
			v.monitor.Close()
		}
	}
	w.ending.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.over = true
}

// unwell says what is still wrong, "" when nothing is.
func (w *world) unwell() string {
	m := w.recordMaster()
	switch {
	case w.record.Phase != sentinel.Stable:
		return "the record is in phase " + string(w.record.Phase)
	case m == nil || !m.writable():
		return "the record's master does not take writes"
	case len(w.pods) != w.size:
		return fmt.Sprintf("%d pods of %d", len(w.pods), w.size)
	}
	for _, p := range w.pods {
		if r := p.process; r == nil || !p.alive() || r != m && (r.role != sentinel.RoleReplica || r.master != m.addr) {
			return p.Name + " does not follow the master"
		}
	}
	for _, v := range w.services {
		if told := v.tells(); told != m.runID {
			return fmt.Sprintf("%s tells of %s, not of %s as epoch %d has it", v.name, or(told, "nobody"), m.runID, w.record.Epoch)
		}
	}
	return ""
}

// tells is the run id of the master that a service tells its clients to go to; something
// else where it calls it down or has not heard of the record.
func (v *service) tells() string {
	switch {
	case !v.up || v.shown == nil:
		return ""
	case v.shown.Master.SDown:
		return "a master that is down"
	case v.shown.Epoch != v.w.record.Epoch || v.shown.Why.Seq != v.w.record.Seq:
		return fmt.Sprintf("record %d of epoch %d", v.shown.Why.Seq, v.shown.Epoch)
	}
	return v.shown.Master.RunID
}
