package k8s

import (
	"errors"
	"fmt"
	"math"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// recordRow is a Lease with a record or with the settings, or why it is neither.
type recordRow struct {
	identity
	master  string
	created time.Time
	record  sentinel.Record
	err     error
	// settings are set on the one Lease that holds those of the service instead.
	settings *sentinel.Settings
}

func toRecordRow(lease *coordinationv1.Lease, prefix string) *recordRow {
	row := &recordRow{identity: identityOf(&lease.ObjectMeta), master: intern(lease.Annotations[LabelMaster]), created: lease.CreationTimestamp.Time}
	if lease.Name == SettingsLease(prefix) {
		var s sentinel.Settings
		s, row.err = settingsOf(lease)
		row.settings = &s
		return row
	}
	row.record, row.err = fromLease(lease, prefix, row.master)
	return row
}

// fromLease reads the record of a master. An error means that the Lease is
// another master's or was written by somebody else: it must not be overwritten.
func fromLease(lease *coordinationv1.Lease, prefix, master string) (sentinel.Record, error) {
	var r sentinel.Record
	text, found := lease.Annotations[AnnotationRecord]
	owner := lease.Annotations[LabelMaster]
	switch {
	case !found || owner == "":
		return r, fmt.Errorf("lease %s lacks the annotations of a record", lease.Name)
	case owner != master || lease.Name != RecordLease(prefix, owner):
		return r, fmt.Errorf("lease %s holds the record of master %q", lease.Name, owner)
	}
	beside, err := decode(text, &r)
	if err != nil {
		return sentinel.Record{}, fmt.Errorf("lease %s: annotation %s: %w", lease.Name, AnnotationRecord, err)
	}
	if !r.Exists() {
		return sentinel.Record{}, fmt.Errorf("lease %s: annotation %s: no phase", lease.Name, AnnotationRecord)
	}
	if n := lease.Spec.LeaseTransitions; n != nil && *n > 0 {
		r.Epoch = uint64(*n)
	}
	r.Version, r.Text = lease.ResourceVersion, beside
	return r, nil
}

// toLease writes a record. A person who lists Leases reads the pod that serves,
// or is about to, and the epoch.
func toLease(namespace, prefix, master string, r sentinel.Record) (*coordinationv1.Lease, error) {
	if !r.Exists() {
		return nil, errors.New("a record without a phase")
	}
	if r.Epoch > math.MaxInt32 {
		return nil, fmt.Errorf("epoch %d is more than a Lease can hold", r.Epoch)
	}
	text, err := encode(r, r.Text)
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	lease := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       namespace,
			Name:            RecordLease(prefix, master),
			ResourceVersion: r.Version,
			Labels:          map[string]string{AnnotationRecord: recordLabel(prefix)},
			Annotations:     map[string]string{AnnotationRecord: text, LabelMaster: master},
		},
		Spec: coordinationv1.LeaseSpec{LeaseTransitions: new(int32(r.Epoch))},
	}
	holder := r.Master.Pod
	if r.Phase == sentinel.Promoting {
		holder = r.Target.Pod
	}
	if holder != "" {
		lease.Spec.HolderIdentity = &holder
	}
	if !r.Since.IsZero() {
		lease.Spec.RenewTime = &metav1.MicroTime{Time: r.Since}
	}
	return lease, nil
}

// recordHandler passes records on as they come, on the informer's own goroutine.
func (w *Watch) recordHandler(handler Handler) cache.ResourceEventHandler {
	changed := func(object any) {
		if rival, is := object.(*rivalRow); is {
			w.touch(rival.master)
			return
		}
		row := object.(*recordRow)
		if row.err != nil {
			w.problems.replace(recordKey(row), []problem{{UnreadableRecord, row.master, leaseRef(row.identity), row.err.Error()}})
			return
		}
		w.problems.replace(recordKey(row), row.tooNew())
		if row.settings != nil {
			handler.SettingsChanged(*row.settings)
			return
		}
		w.touchShared(row.master)
		w.saw(row.master, row.created, row.record)
		handler.RecordChanged(row.master, row.record)
	}
	came := func(object any) {
		changed(object)
		if row, is := object.(*recordRow); is {
			w.touchRecord(row.master)
		}
	}
	deleted := func(object any) {
		row, ok := lastState(object).(*recordRow)
		if !ok {
			if rival, is := lastState(object).(*rivalRow); is {
				w.touch(rival.master)
			}
			return
		}
		w.touchShared(row.master)
		w.touchRecord(row.master)
		w.problems.forget(recordKey(row))
		if row.settings != nil {
			handler.SettingsChanged(sentinel.Settings{})
			return
		}
		if row.name == RecordLease(w.options.LeasePrefix, row.master) {
			handler.RecordChanged(row.master, sentinel.Record{})
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc: came,
		UpdateFunc: func(old, row any) {
			before, ok := old.(*recordRow)
			if now, is := row.(*recordRow); ok && is && before.uid != now.uid { // deleted and made anew while the watch was away
				deleted(before)
				came(row)
				return
			}
			changed(row)
		},
		DeleteFunc: deleted,
	}
}

// tooNew is the problem of a Lease that a later version wrote. Clients are answered by it
// all the same.
func (row *recordRow) tooNew() []problem {
	err := row.record.TooNew()
	if row.settings != nil {
		err = row.settings.TooNew()
	}
	if err == nil {
		return nil
	}
	return []problem{{RecordTooNew, row.master, leaseRef(row.identity), "left alone: " + err.Error()}}
}

// recordKey keeps problems of a Lease apart from those of the master itself.
func recordKey(row *recordRow) string { return "lease/" + row.name }
