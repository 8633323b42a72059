package monitor_test

import (
	"context"
	"strconv"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// A later version of the service beside this one, of which nothing is seen but the record.

// versionFaults let a later version write a record that this one may not act on.
var versionFaults = []fault{
	{"record of a later version", 4, (*world).writeLater},
	{"master crashes", 3, func(w *world, _ dice) { w.crash(w.recordMaster()) }},
	{"option set", 2, (*world).setOption},
	{"reset", 1, (*world).resetAll},
	{"failover asked for", 2, (*world).askFailover},
	{"leader changes", 2, (*world).changeLeader},
}

// writeLater writes a record that needs a later version, and after a while one that all know.
func (w *world) writeLater(d dice) {
	if w.record.Exists() {
		w.rewrite(sentinel.Format + 1)
		w.after(d.between(100*time.Millisecond, 8*time.Second), func() { w.rewrite(0) })
	}
}

// rewrite is a write by another version. This one's services hear of it.
func (w *world) rewrite(needs int) {
	w.names++
	w.record.Needs = needs
	w.record.Seq++
	w.record.Version = strconv.Itoa(w.names)
	w.tell("another version writes the record: it needs format %d", needs)
	for _, s := range w.services {
		s.hearRecord(w.record)
	}
}

// checkLeftAlone: nobody writes over a record that he knew to be not for him. A write that is
// let in was made upon the record that stands.
func (w *world) checkLeftAlone(v *service, next sentinel.Record) {
	if w.record.TooNew() != nil || next.TooNew() != nil {
		w.violate("left alone", "%s writes over a record that needs a later version", v.name)
	}
}

// heardBy is the record as a service reads it: one mutant does not know the word Needs.
func (w *world) heardBy(r sentinel.Record) sentinel.Record {
	if w.mutant == "later version" {
		r.Needs = 0
	}
	return r
}

// olderKube reads the record as a version does that does not know the word Needs.
type olderKube struct {
	kube
	w *world
}

func (k olderKube) Get(ctx context.Context, master string) (sentinel.Record, error) {
	r, err := k.kube.Get(ctx, master)
	return k.w.heardBy(r), err
}
