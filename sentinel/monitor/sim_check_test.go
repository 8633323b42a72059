package monitor_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The checker. It sees what really happened in every modelled process, and compares
// it with the promises of sentinel/doc.go.

// history is what the clients and the processes did.
type history struct {
	writes        []written // by id; 0 is not used
	choices       []choice
	lastAck       time.Duration
	excusedWrites map[int32]bool
	named         map[string]bool // run ids that the record named as target
}

// written is one write.
type written struct {
	by    *process // that accepted it; nil if none did
	at    time.Duration
	acked bool // the client heard of it
}

// choice is a commit that chose a new master.
type choice struct {
	at     time.Duration
	target sentinel.Process
}

// violation is a broken promise.
type violation struct{ promise, what string }

func (w *world) violate(promise, format string, args ...any) {
	if w.broken == nil && !w.over {
		w.broken = &violation{promise, fmt.Sprintf(format, args...)}
		w.tell("!! %s: %s", promise, w.broken.what)
	}
}

func (w *world) newWrite() int32 {
	if len(w.writes) == 0 {
		w.writes = append(w.writes, written{})
	}
	w.writes = append(w.writes, written{})
	return int32(len(w.writes) - 1)
}

func (w *world) acknowledged(id int32) {
	w.writes[id].acked = true
	if gap := w.now() - w.lastAck; w.plan.within > 0 && w.lastAck > 0 && gap > w.plan.within {
		w.violate("liveness", "no write was acknowledged for %s", gap)
	}
	w.lastAck = w.now()
	w.count("writes acknowledged")
}

// checkAccepted: P1, at each write that a process answers with OK.
func (w *world) checkAccepted(r *process, a accepted) {
	w.writes[a.id].by, w.writes[a.id].at = r, a.at
	if r.excused() {
		w.count("excused: frozen with queued writes")
		w.excusedWrites[a.id] = true
		return
	}
	for _, q := range w.processes {
		if q != r && q.writable() && !q.excused() {
			w.violate("P1", "%s acknowledges a write while %s is writable, too", r.pod.Name, q.pod.Name)
		}
	}
}

// excused are the limits that sentinel/doc.go names, no more: a process that was frozen
// answers what lay in its sockets in its first turn, unless the pill lay there, too
// (then it has cut those clients). And if meanwhile a way to it was cut on which the end
// of a replica's link would have come, and no pill has made it a replica: until its cron
// counts its replicas, or, where their last acknowledgements lay in its sockets, until
// these are too old by its clock.
func (r *process) excused() bool {
	late := r.woken || r.heardAtWake && r.w.now() < r.wokeAt+r.maxLag+2*time.Second
	return r.waking || r.noFIN && late
}

// checkPromoted: P1, in the moment of a promotion. One that comes late, to the target of
// a promotion that was given up since that target could find no replicas, makes a
// master by role alone: with its write fence and no replica it refuses every write.
func (w *world) checkPromoted(r *process) {
	w.count("promotion")
	if w.plan.memoryOnly && r.old {
		w.violate("P9", "%s is promoted with %d writes from its disk", r.pod.Name, len(r.data))
	}
	if !w.named[r.runID] {
		w.violate("P2", "%s (%s) is promoted, and the record never named that process", r.pod.Name, r.runID)
	}
	for _, q := range w.processes {
		if q != r && r.writable() && q.writable() && !q.excused() {
			w.violate("P1", "%s is promoted while %s is writable", r.pod.Name, q.pod.Name)
		}
	}
}

// checkResync: P2. Nobody loses data to a process that we did not make master, nor to
// a replica of such a one.
func (w *world) checkResync(r *process, l *replication, data []int32) {
	kept := make(map[int32]bool, len(data))
	for _, id := range data {
		kept[id] = true
	}
	lost := 0
	for _, id := range r.data {
		if !kept[id] {
			lost++
		}
	}
	if lost > 0 && !l.source.unfenced {
		w.violate("P2", "%s loses %d writes to %s, which was never promoted", r.pod.Name, lost, l.master.pod.Name)
	}
}

// checkCommit: P5.
func (w *world) checkCommit(before, next sentinel.Record) {
	if next.Epoch < before.Epoch {
		w.violate("P5", "the record's epoch falls from %d to %d", before.Epoch, next.Epoch)
	}
	if next.Phase == sentinel.Stable && before.Phase != sentinel.Stable {
		w.healthyOnce = true
	}
	w.named[next.Target.RunID] = true
	w.checkCalm(before, next)
	w.checkGivenUp(before, next)
	if next.Phase == sentinel.Promoting && (before.Phase != sentinel.Promoting || !next.Target.Same(before.Target)) {
		w.choices = append(w.choices, choice{w.now(), next.Target})
		w.checkWaited(before, w.process(next.Target), w.process(before.Master))
		w.checkMemoryOnly(next, w.process(next.Target), w.process(before.Master))
	}
}

// checkView: P5. What a service replica tells moves forward only.
func (w *world) checkView(v *service, next *sentinel.View) {
	w.checkReadable(v, next)
	if v.shown != nil && next.Epoch < v.shown.Epoch {
		w.violate("P5", "the epoch that %s tells falls from %d to %d", v.name, v.shown.Epoch, next.Epoch)
	}
}

// process is the modelled process of a name; nil if there is none.
func (w *world) process(p sentinel.Process) *process {
	i := slices.IndexFunc(w.processes, func(r *process) bool { return r.runID == p.RunID })
	if i < 0 {
		return nil
	}
	return w.processes[i]
}

// checkLosses looks, at the end, at every acknowledged write that the last master does
// not have. After planned things alone there is none (P3); otherwise each was taken by a
// process that somebody was chosen after (P4).
func (w *world) checkLosses() {
	has := make([]bool, len(w.writes))
	for _, id := range w.process(w.record.Master).data {
		has[id] = true
	}
	for id, a := range w.writes {
		if !a.acked || has[id] {
			continue
		}
		w.count("acknowledged writes lost")
		switch {
		case w.plan.lossless && !a.by.cutShort:
			w.violate("P3", "write %d, acknowledged at %s by %s, is lost though only planned things happened", id, a.at, a.by.pod.Name)
		case !w.excusedWrites[int32(id)] && !slices.ContainsFunc(w.choices, func(c choice) bool {
			return c.at >= a.at && c.target.RunID != a.by.runID
		}):
			w.violate("P4", "write %d, acknowledged at %s by %s (%s), is lost, and nobody was chosen after it", id, a.at, a.by.pod.Name, a.by.runID)
		}
	}
}
