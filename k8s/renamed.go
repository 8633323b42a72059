package k8s

import (
	"fmt"

	"k8s.io/client-go/tools/cache"
)

// renamed tells that a StatefulSet's template names another master than those of its pods that
// live and have a record, and which one. The pods that are made anew would be a set of
// their own then, and begin empty, until the last one that has the data is made anew as well. So
// they are in no set: they are never ready, and the rollout stands. Empty: the name is as
// good as any.
//
// A name whose record names a pod that lives is not new. When the template goes back to the old name,
// the pods that bear the new one are in no set either, until they are made anew.
func (w *Watch) renamed(master string, set *setRow) string {
	if set == nil {
		return ""
	}
	was := ""
	for _, pod := range rows[*podRow](w.pods, byOwner, set.name) {
		switch {
		case pod.finished || pod.master == "":
		case pod.master == master:
			if r := w.record(master); r != nil && (r.record.Master.UID == pod.uid || r.record.Target.UID == pod.uid) {
				return ""
			}
		case set.master != master && set.master != pod.master: // both are others' business
		case w.record(pod.master) != nil && (was == "" || pod.master < was):
			was = pod.master
		}
	}
	return was
}

// record is the Lease with the record of a master, nil while there is none. One that is not
// readable is one.
func (w *Watch) record(master string) *recordRow {
	name := cache.ObjectName{Namespace: w.options.Namespace, Name: RecordLease(w.options.LeasePrefix, master)}
	row, found, err := w.records.GetStore().GetByKey(name.String())
	if !found || err != nil {
		return nil
	}
	if r := row.(*recordRow); r.err != nil || r.record.Phase != "" {
		return r
	}
	return nil
}

// refuseName is what is told about a set that was renamed; nothing where it has its name back.
func refuseName(master, was string, set *setRow) []problem {
	if set.master != master {
		return nil
	}
	return []problem{{MasterRenamed, master, setRef(set.identity), fmt.Sprintf(
		"master name %q is refused: pods of master %q live, and would not give their data to pods of another one; "+
			"set the name back to %q, or install a second release and move the clients", master, was, was)}}
}

// touchPod touches the master of a pod, and the one that its StatefulSet names now.
func (w *Watch) touchPod(row *podRow) {
	w.touch(row.master)
	if set := w.set(row.owner); set != nil && set.master != row.master {
		w.touch(set.master)
	}
}

// touchRecord looks anew at all masters for whose name it matters that a record has come or
// gone: its own, and those of the StatefulSets that have pods of it.
func (w *Watch) touchRecord(master string) {
	for _, pod := range rows[*podRow](w.pods, byMaster, master) {
		if set := w.set(pod.owner); set != nil {
			w.touchSet(set)
		}
	}
}
