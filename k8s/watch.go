package k8s

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Handler hears what Kubernetes says. Each value is complete and replaces the one
// before it. Calls must return soon: one that waits delays the other masters.
//
// SetChanged, SetGone and PeersChanged come from one goroutine, RecordChanged
// from another, so that a record never waits behind pods. A record may come
// before the set of its master.
type Handler interface {
	SetChanged(set sentinel.Set)
	SetGone(master string)
	// RecordChanged passes a record without a phase when the Lease was deleted.
	RecordChanged(master string, record sentinel.Record)
	PeersChanged(peers []sentinel.Peer)
	// SettingsChanged passes the zero value when their Lease was deleted. It comes
	// from the goroutine of RecordChanged.
	SettingsChanged(s sentinel.Settings)
}

// Watch follows pods, StatefulSets, record Leases and the service's own pods, and
// tells a Handler about the master that changed.
type Watch struct {
	options  Options
	log      logrus.FieldLogger
	problems *problems
	settings *settings
	joined   joined
	// saw is told each record that comes, and when its Lease was born.
	saw func(master string, born time.Time, record sentinel.Record)
	// touched is told of each master about which something changed.
	touched func(master string)

	pods, sets, records cache.SharedIndexInformer
	peers               cache.SharedIndexInformer // nil without a peer selector
	services            cache.SharedIndexInformer // nil unless they are announced
	nodes               cache.SharedIndexInformer // nil unless they are watched
	// dirty holds the names of masters to assemble again, each once however
	// often it changed: the informers' stores hold the state.
	dirty  workqueue.TypedInterface[string]
	synced chan struct{}
}

// Indexes of the informers' stores.
const (
	byMaster = "master"
	byOwner  = "owner"
	byPod    = "pod"
	byNode   = "node"
)

func newWatch(clients Clients, o Options, health *Health, problems *problems) (*Watch, error) {
	selector, err := labels.Parse(o.Selector)
	if err != nil {
		return nil, fmt.Errorf("selector %q: %w", o.Selector, err)
	}
	w := &Watch{
		options: o, log: o.Log, problems: problems, settings: newSettings(),
		dirty:  workqueue.NewTyped[string](),
		synced: make(chan struct{}),
	}
	set := clients.Watches
	if w.pods, err = informer(source[*corev1.PodList]{
		on: podResource, client: set.CoreV1().Pods(o.Namespace), selector: o.podSelector(), example: &corev1.Pod{},
		slim: func(object runtime.Object) any { return toPodRow(object.(*corev1.Pod)) },
		indexes: cache.Indexers{
			byMaster: index(func(row *podRow) string { return row.master }),
			byOwner:  index(func(row *podRow) string { return row.owner }),
			byNode:   index(func(row *podRow) string { return row.node }),
		},
	}, set, health); err != nil {
		return nil, err
	}
	if w.sets, err = informer(source[*appsv1.StatefulSetList]{
		on: setResource, client: set.AppsV1().StatefulSets(o.Namespace), example: &appsv1.StatefulSet{},
		slim:    func(object runtime.Object) any { return toSetRow(object.(*appsv1.StatefulSet), selector) },
		indexes: cache.Indexers{byMaster: index(func(row *setRow) string { return row.master })},
	}, set, health); err != nil {
		return nil, err
	}
	if w.records, err = informer(source[*coordinationv1.LeaseList]{
		on: leaseResource, client: set.CoordinationV1().Leases(o.Namespace), example: &coordinationv1.Lease{},
		selector: AnnotationRecord,
		slim:     func(object runtime.Object) any { return o.toLeaseRow(object.(*coordinationv1.Lease)) },
		indexes:  cache.Indexers{byMaster: ofMaster},
	}, set, health); err != nil {
		return nil, err
	}
	if err := w.watchServices(set, health); err != nil {
		return nil, err
	}
	if err := w.watchNodes(set, health); err != nil {
		return nil, err
	}
	if o.PeerSelector != "" {
		w.peers, err = informer(source[*corev1.PodList]{
			on: podResource, client: set.CoreV1().Pods(o.Namespace), selector: o.PeerSelector, example: &corev1.Pod{},
			slim: func(object runtime.Object) any { return toPeerRow(object.(*corev1.Pod)) },
		}, set, health)
	}
	return w, err
}

func index[R any](key func(R) string) cache.IndexFunc {
	return func(object any) ([]string, error) {
		if value := key(object.(R)); value != "" {
			return []string{value}, nil
		}
		return nil, nil
	}
}

// Synced is closed once all that was there at the start has been delivered.
func (w *Watch) Synced() <-chan struct{} { return w.synced }

// HasSynced tells whether all that was there at the start has been delivered.
func (w *Watch) HasSynced() bool {
	select {
	case <-w.synced:
		return true
	default:
		return false
	}
}

// Run watches and delivers until ctx is done, then waits for its goroutines. It
// goes on whatever the API server says: see Health. It may be called once.
func (w *Watch) Run(ctx context.Context, handler Handler) error {
	handled, err := w.subscribe(handler)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	for _, informer := range []cache.SharedIndexInformer{w.pods, w.sets, w.records, w.peers, w.services, w.nodes} {
		if informer != nil {
			running.Go(func() { informer.RunWithContext(ctx) })
		}
	}
	defer context.AfterFunc(ctx, w.dirty.ShutDown)()
	if cache.WaitFor(ctx, "", handled...) {
		w.deliver(handler)
	}
	running.Wait()
	return nil
}

// subscribe connects the informers with the queue and, for records, with the
// handler itself. The result tells when all initial objects were handled.
func (w *Watch) subscribe(handler Handler) ([]cache.DoneChecker, error) {
	subscriptions := map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		w.pods:    onChange(w.touchPod),
		w.sets:    onChange(w.touchSet),
		w.records: w.recordHandler(handler),
	}
	if w.peers != nil {
		subscriptions[w.peers] = onChange(func(*peerRow) { w.touch(allPeers) })
	}
	if w.services != nil {
		subscriptions[w.services] = onChange(func(row *serviceRow) { w.touch(row.master) })
	}
	if w.nodes != nil {
		if _, err := w.nodes.AddEventHandler(onCordon(w.touchNode)); err != nil {
			return nil, fmt.Errorf("watch: %w", err)
		}
	}
	handled := make([]cache.DoneChecker, 0, len(subscriptions))
	for informer, subscriber := range subscriptions {
		registration, err := informer.AddEventHandler(subscriber)
		if err != nil {
			return nil, fmt.Errorf("watch: %w", err)
		}
		handled = append(handled, registration.HasSyncedChecker())
	}
	return handled, nil
}

// allPeers stands in the queue for the service's own pods; no master can be
// called so, since it is no label value.
const allPeers = "*"

func (w *Watch) touch(master string) {
	if master != "" {
		w.dirty.Add(master)
	}
}

// touchSet touches the master that a StatefulSet claims, and those of its pods.
func (w *Watch) touchSet(row *setRow) {
	w.touch(row.master)
	for _, pod := range rows[*podRow](w.pods, byOwner, row.name) {
		w.touch(pod.master)
	}
}

// onChange calls touch with every version of a row that came or went.
func onChange[R any](touch func(R)) cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    func(row any) { touch(row.(R)) },
		UpdateFunc: func(old, row any) { touch(old.(R)); touch(row.(R)) },
		DeleteFunc: func(row any) {
			if last, ok := lastState(row).(R); ok {
				touch(last)
			}
		},
	}
}

// lastState unwraps a row whose deletion was not seen, only noticed later.
func lastState(row any) any {
	if missed, ok := row.(cache.DeletedFinalStateUnknown); ok {
		return missed.Obj
	}
	return row
}

// rows are the rows of an informer under an index.
func rows[R any](informer cache.SharedIndexInformer, indexName, value string) []R {
	objects, err := informer.GetIndexer().ByIndex(indexName, value)
	if err != nil {
		panic(err) // the index is one of ours
	}
	found := make([]R, len(objects))
	for i, object := range objects {
		found[i] = object.(R)
	}
	return found
}
