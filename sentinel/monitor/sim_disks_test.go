package monitor_test

import (
	"errors"
	"slices"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Disks: what processes have saved, what their successors find, and a set of which all
// processes end and come back with that.

// comeBackWithin and togetherWait are how long package sentinel waits for others: for those
// with data from the first one with some on, and where the first ones have none.
const (
	comeBackWithin = 10 * time.Second
	togetherWait   = 2 * time.Second
)

var errLoading = errors.New("LOADING Redis is loading the dataset in memory")

// disk is what a pod's Redis saved last, as an RDB file tells it.
type disk struct {
	data   []int32
	offset int64
	replid string
}

// lossSeen is what the checker notes from the moment on in which nobody was left.
type lossSeen struct {
	began time.Duration // zero while somebody lives that lived before
	// anybody is when the first one was back, loading or not, heir the first one that had the
	// master's data.
	anybody, heir time.Duration
	// again: one that was back ended. What was waited for by then is not known here.
	again bool
}

func (r *process) save() {
	if r != nil && r.up && !r.loading && !r.syncing {
		r.w.tell("%s saves %d writes", r.pod.Name, len(r.data))
		r.pod.disk = &disk{slices.Clone(r.data), r.offset(), r.replid}
	}
}

// restartAll lets pods save at different times, ends all processes in one moment, and
// brings them back close to each other: within a second, or after a back-off for longer
// than anybody is waited for. Now and then one is much later.
func (w *world) restartAll(d dice) {
	notAlive := func(p *simPod) bool { return !p.alive() }
	if w.recordMaster() == nil || w.record.Phase != sentinel.Stable || slices.ContainsFunc(w.pods, notAlive) {
		return
	}
	for _, p := range w.pods {
		if d.chance(0.9) {
			w.after(d.between(0, 2*time.Second), func() { p.process.save() })
		}
	}
	rest := d.between(100*time.Millisecond, 2*time.Second)
	if d.chance(0.7) {
		rest = d.between(9*time.Second, 15*time.Second)
	}
	w.after(2*time.Second, func() {
		if w.healed {
			return
		}
		w.tell("all processes end")
		for _, p := range w.pods {
			p.rest = rest + d.rarely(0.2, time.Second, 15*time.Second)
			w.crash(p.process)
		}
	})
}

// endOneBack ends one that is back, while the others are waited for.
func (w *world) endOneBack(d dice) {
	w.after(d.between(8*time.Second, 18*time.Second), func() {
		r := w.anyProcess(d)
		if w.loss.began > 0 && !w.healed && r != nil && r.up {
			r.pod.rest = d.between(100*time.Millisecond, 5*time.Second)
			r.die()
		}
	})
}

// readDisk gives a new process what lies on its pod's disk, at once or after loading it.
func (r *process) readDisk() {
	w, d := r.w, r.pod.disk
	if w.loss.began > 0 && w.loss.anybody == 0 {
		w.loss.anybody = w.now()
	}
	if d == nil {
		return
	}
	loaded := func() {
		if r.loading = false; r.up {
			r.data, r.base, r.replid, r.old = slices.Clone(d.data), d.offset, d.replid, len(d.data) > 0
			w.tell("%s has %d writes from its disk", r.pod.Name, len(r.data))
			w.noteHeir(r)
		}
	}
	if w.dice.chance(0.7) {
		loaded()
		return
	}
	r.loading = true
	w.after(w.dice.between(100*time.Millisecond, 4*time.Second), loaded)
}

// noteEnd and noteHeir keep what the checker wants to know of a loss.
func (w *world) noteEnd() {
	if w.loss.began > 0 {
		w.loss.again = true
	} else if !slices.ContainsFunc(w.processes, func(r *process) bool { return r.up }) {
		w.loss = lossSeen{began: w.now()}
	}
}

func (w *world) noteHeir(r *process) {
	if w.loss.began > 0 && w.loss.heir == 0 && heir(w.record, r.replid) {
		w.loss.heir = w.now()
	}
}

// heir: data under this replication id is the master's.
func heir(rec sentinel.Record, replid string) bool {
	return replid == rec.Lineage.ReplID || replid == rec.Lineage.ReplID2
}

// checkWaited: P4, when somebody is chosen after a loss of all. No other pod has more of
// the master's data on its disk, unless it was waited for long enough.
func (w *world) checkWaited(before sentinel.Record, chosen, master *process) {
	if w.loss.began == 0 || chosen == nil || master == nil {
		return
	}
	w.count("chosen after a loss of all")
	loss := w.loss
	w.loss = lossSeen{}
	if w.plan.memoryOnly {
		return // there is nobody to wait for
	}
	since, wait := loss.heir, comeBackWithin
	if !heir(before, chosen.replid) {
		since = loss.anybody
		if len(chosen.data) == 0 {
			wait = togetherWait
		}
	}
	for _, p := range w.pods {
		if loss.again || p.disk == nil || !heir(before, p.disk.replid) {
			continue
		}
		more := slices.ContainsFunc(p.disk.data, func(id int32) bool {
			return slices.Contains(master.data, id) && !slices.Contains(chosen.data, id)
		})
		switch {
		case more && (w.now()-since < wait || p.process.loading && !heir(before, chosen.replid)):
			w.violate("P4", "%s is chosen %s after the first one was back, and %s has more of the master's data on its disk",
				chosen.pod.Name, w.now()-since, p.Name)
		case more:
			w.count("waited for in vain")
		}
	}
}
