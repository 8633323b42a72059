package k8s

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Records reads and writes the one record per master. All reads are live: they
// are as new as the API server's storage, never from a cache.
type Records struct {
	client   kubernetes.Interface
	options  Options
	health   *Health
	members  func(master string, pods []*podRow) []sentinel.Pod
	isSynced func() bool
	follow   func(master string, born time.Time, record sentinel.Record) // is told what saw is told
	owners   func(master string) []metav1.OwnerReference                 // of a record
	own      func() string                                               // workload of the service
	live     gather
	seen     *seen
}

// seen is the highest of what was, on whatever way it came.
type seen struct {
	mu    sync.Mutex
	epoch map[string]uint64
	term  uint64 // in any record
}

// on gives the same records on another client's way to the API server. Their pods are not
// to be had there.
func (r *Records) on(client kubernetes.Interface) *Records {
	return &Records{client: client, options: r.options, health: r.health, members: r.members, isSynced: r.isSynced, follow: r.follow, owners: r.owners, own: r.own, seen: r.seen}
}

// errNotSynced: who claims a master's name is not known yet.
var errNotSynced = errors.New("the StatefulSets are not known yet")

// Get reads the record of a master; without one, a record that has no phase. An
// error that is not the API server's means that the Lease is not readable as this
// master's record.
func (r *Records) Get(ctx context.Context, master string) (sentinel.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	lease, err := r.client.CoordinationV1().Leases(r.options.Namespace).
		Get(ctx, RecordLease(r.options.LeasePrefix, master), metav1.GetOptions{})
	r.health.note("get", leaseResource, err)
	if apierrors.IsNotFound(err) {
		return sentinel.Record{}, nil
	}
	if err != nil {
		return sentinel.Record{}, fmt.Errorf("record of %s: %w", master, err)
	}
	record, err := fromLease(lease, r.options.LeasePrefix, master)
	if err != nil {
		return sentinel.Record{}, fmt.Errorf("record of %s: %w", master, err)
	}
	r.saw(master, lease.CreationTimestamp.Time, record)
	record.Epoch = max(record.Epoch, r.highest(master)) // that of a Lease out of a backup is older
	return record, nil
}

// Put writes a record over the version that it carries, or creates it if it
// carries none, and returns it as written: cut to what fits (sentinel.Record.Bounded), with
// its new version, Seq raised by one and, at a creation, an epoch above all that were seen, since epochs never
// fall even when somebody deletes the Lease.
//
// The error is sentinel.ErrConflict if another record is there by now, and
// sentinel.ErrTooNew if this version may not write over the one that is there. Any other
// error leaves open whether the write arrived: read before writing again.
func (r *Records) Put(ctx context.Context, master string, record sentinel.Record) (sentinel.Record, error) {
	if record.Version == "" {
		record.Epoch = max(record.Epoch, r.highest(master)+1)
	}
	if seen := r.highest(master); record.Epoch < seen {
		return sentinel.Record{}, fmt.Errorf("record of %s: epoch %d after %d: %w", master, record.Epoch, seen, sentinel.ErrConflict)
	}
	if err := record.TooNew(); err != nil {
		return sentinel.Record{}, fmt.Errorf("record of %s: %w", master, err)
	}
	record.Seq++
	record = record.Bounded()
	written, born, err := r.write(ctx, master, record)
	if apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err) || apierrors.IsNotFound(err) {
		return sentinel.Record{}, fmt.Errorf("record of %s: %w", master, sentinel.ErrConflict)
	}
	if err != nil {
		return sentinel.Record{}, fmt.Errorf("record of %s: %w", master, err)
	}
	r.saw(master, born, written)
	return written, nil
}

func (r *Records) write(ctx context.Context, master string, record sentinel.Record) (written sentinel.Record, born time.Time, err error) {
	record.Format = sentinel.Format
	lease, err := toLease(r.options.Namespace, r.options.LeasePrefix, master, record)
	if err != nil {
		return sentinel.Record{}, time.Time{}, err
	}
	lease.OwnerReferences = r.owners(master)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	leases := r.client.CoordinationV1().Leases(r.options.Namespace)
	if record.Version == "" {
		lease, err = leases.Create(ctx, lease, metav1.CreateOptions{})
		r.health.note("create", leaseResource, err)
	} else {
		lease, err = update(ctx, leases, lease)
		r.health.note("update", leaseResource, err)
	}
	if err != nil {
		return sentinel.Record{}, time.Time{}, err
	}
	record.Version = lease.ResourceVersion
	if record.Text != "" {
		record.Text = lease.Annotations[AnnotationRecord]
	}
	return record, lease.CreationTimestamp.Time, nil
}

// Pods lists the pods of a master live. Which StatefulSet owns the name, and its
// options, are as the watch knows them.
func (r *Records) Pods(ctx context.Context, master string) ([]sentinel.Pod, error) {
	if !r.isSynced() {
		return nil, fmt.Errorf("pods of %s: %w", master, errNotSynced)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	pods, err := r.live.of(ctx, master)
	if err != nil {
		return nil, fmt.Errorf("pods of %s: %w", master, err)
	}
	return r.members(master, pods), nil
}

// list is one call for the pods of some masters.
func (r *Records) list(ctx context.Context, masters []string) (map[string][]*podRow, error) {
	list, err := r.client.CoreV1().Pods(r.options.Namespace).
		List(ctx, metav1.ListOptions{LabelSelector: r.options.mastersSelector(masters)})
	r.health.note("list", podResource, err)
	if err != nil {
		return nil, err
	}
	pods := make(map[string][]*podRow, len(masters))
	for i := range list.Items {
		row := toPodRow(&list.Items[i])
		pods[row.master] = append(pods[row.master], row)
	}
	return pods, nil
}

// saw takes in a record, whose Lease was born then: made anew, it begins another life, whose
// epochs may be lower.
func (r *Records) saw(master string, born time.Time, record sentinel.Record) {
	r.follow(master, born, record)
	r.seen.mu.Lock()
	defer r.seen.mu.Unlock()
	r.seen.epoch[master] = max(r.seen.epoch[master], record.Epoch)
	r.seen.term = max(r.seen.term, record.Term)
}

// highestTerm is the highest term in any record; false until all of them are known.
func (r *Records) highestTerm() (uint64, bool) {
	synced := r.isSynced()
	r.seen.mu.Lock()
	defer r.seen.mu.Unlock()
	return r.seen.term, synced
}

func (r *Records) highest(master string) uint64 {
	r.seen.mu.Lock()
	defer r.seen.mu.Unlock()
	return r.seen.epoch[master]
}
