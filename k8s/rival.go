package k8s

import (
	"encoding/json"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Two services over one set, as where one that looks for all pods of the namespace runs
// beside a release: each would keep a record of its own under its own prefix, and make the
// other one's master a replica. The record whose Lease is older wins. The other service gives
// no orders, tells clients nothing of the set, and says whose it is.

// SharedSet is the reason when another service has the older record of a set.
const SharedSet = "SharedSet"

// rivalRow is what is kept of a Lease with another service's record.
type rivalRow struct {
	identity
	master  string
	owner   string // UID of the StatefulSet whose set it is; "" in records of before, which are of nobody's
	created time.Time
}

func toRivalRow(lease *coordinationv1.Lease) *rivalRow {
	row := &rivalRow{identity: identityOf(&lease.ObjectMeta), master: intern(lease.Annotations[LabelMaster]), created: lease.CreationTimestamp.Time}
	var r struct {
		Owner sentinel.Owner `json:"owner"`
	}
	if json.Unmarshal([]byte(lease.Annotations[AnnotationRecord]), &r) == nil {
		row.owner = intern(short(r.Owner.UID, mostAddress))
	}
	return row
}

// toLeaseRow makes a row of a Lease that is labelled as a record.
func (o Options) toLeaseRow(lease *coordinationv1.Lease) any {
	if lease.Labels[AnnotationRecord] != recordLabel(o.LeasePrefix) {
		return toRivalRow(lease)
	}
	return toRecordRow(lease, o.LeasePrefix)
}

// ofMaster indexes rivals alone: own records are found by their names.
func ofMaster(object any) ([]string, error) {
	if row, is := object.(*rivalRow); is && row.master != "" {
		return []string{row.master}, nil
	}
	return nil, nil
}

// rival is the Lease of another service that has the say over this set, nil for none.
func (w *Watch) rival(master, set string) *rivalRow {
	if set == "" {
		return nil
	}
	var winner *rivalRow
	for _, row := range rows[*rivalRow](w.records, byMaster, master) {
		if row.owner == set && (winner == nil || row.before(winner.created, winner.name)) {
			winner = row
		}
	}
	if winner == nil {
		return nil
	}
	name := RecordLease(w.options.LeasePrefix, master)
	object, found, _ := w.records.GetStore().GetByKey(cache.ObjectName{Namespace: w.options.Namespace, Name: name}.String())
	if own, is := object.(*recordRow); found && is && !winner.before(own.created, own.name) {
		return nil
	}
	return winner
}

// touchShared looks anew at a set of which another service has a record: ours has come or gone.
func (w *Watch) touchShared(master string) {
	if len(rows[*rivalRow](w.records, byMaster, master)) > 0 {
		w.touch(master)
	}
}

// before orders records by their age, which the API server knows.
func (r *rivalRow) before(created time.Time, name string) bool {
	if !r.created.Equal(created) {
		return r.created.Before(created)
	}
	return r.name < name
}

// shared reports that a set is left to another service.
func shared(master string, m membership, winner *rivalRow) []problem {
	if winner == nil || m.set() == nil {
		return nil
	}
	return []problem{{SharedSet, master, setRef(m.set().identity), tellRival(winner)}}
}

func tellRival(winner *rivalRow) string {
	return fmt.Sprintf("another service manages this set: Lease %s is its record, and older; this one gives no orders and tells clients nothing of it. Narrow --selector down, or delete that Lease if no such service runs any more", winner.name)
}
