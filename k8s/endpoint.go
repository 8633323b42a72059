package k8s

import (
	"cmp"
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/workqueue"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Plain clients reach the master through a Service, and so through kube-proxy, which
// takes up the first change of endpoints at once and the next ones a second later. Where
// Kubernetes itself derives the endpoints from labels and readiness, a failover is several
// changes, and the one that counts is not the first. So the leader writes the EndpointSlice
// of that Service itself, in one write, in the moment in which the record names the
// new master.
//
// The Service has a selector all the same, for a label that no pod has (LabelEndpoint):
// Kubernetes then clears away what it derived before. A Service that loses its selector
// keeps that for ever. And where the slice may not be written, the master's pod is
// given the label, so that Kubernetes derives the endpoints again.
type endpoints struct {
	client  kubernetes.Interface
	watch   *Watch
	options Options
	log     logrus.FieldLogger
	// health is a Health of its own: clients of Sentinel do not need the slices, so
	// that a right that is missing makes nobody unready.
	health *Health
	// get reads a record live, and saw hears of it first.
	get     func(ctx context.Context, master string) (sentinel.Record, error)
	queue   workqueue.TypedRateLimitingInterface[string]
	leading atomic.Bool
	led     chan struct{} // has room for one: a term has begun

	mu      sync.Mutex
	masters map[string]*served
	slices  map[string]*discoveryv1.EndpointSlice // as read or written last, by name
}

// served is a master as its record names it, and how its pod looks.
type served struct {
	born    time.Time // of its Lease: one that was made anew may count from 1 again
	asOf    asOf
	process sentinel.Process
	removed bool      // by SENTINEL REMOVE
	since   time.Time // when process was first seen as master
	// trouble is since when the pod looks as if nobody served there; zero while it does not.
	trouble  time.Time
	labelled bool // LabelEndpoint is in use
	ahead    ahead
}

const (
	// endpointWorkers bounds the writes that are under way at a time.
	endpointWorkers = 16
	// surveyEvery is how often the slices are compared with what they should be.
	surveyEvery = 10 * time.Second
	// Pauses after a write that failed, and after one that was refused.
	endpointRetry, endpointRetryMost = 50 * time.Millisecond, 5 * time.Second
	endpointRefused                  = 30 * time.Second
)

func newEndpoints(client kubernetes.Interface, watch *Watch, o Options) *endpoints {
	return &endpoints{
		client: client, watch: watch, options: o, log: o.Log, health: newHealth(o.Namespace, o.Log, nil),
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[string](endpointRetry, endpointRetryMost)),
		led:     make(chan struct{}, 1),
		masters: map[string]*served{}, slices: map[string]*discoveryv1.EndpointSlice{},
	}
}

// run keeps the slices until ctx is done.
func (e *endpoints) run(ctx context.Context) {
	defer context.AfterFunc(ctx, e.queue.ShutDown)()
	var working sync.WaitGroup
	defer working.Wait()
	for range endpointWorkers {
		working.Go(func() {
			for e.next(ctx) {
			}
		})
	}
	ticker := time.NewTicker(surveyEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.led:
			e.survey(ctx)
			e.touchAll()
		case <-ticker.C:
			e.survey(ctx)
		}
	}
}

// next brings one master's endpoints in order; false when the queue is shut down.
func (e *endpoints) next(ctx context.Context) bool {
	master, shutdown := e.queue.Get()
	if shutdown {
		return false
	}
	defer e.queue.Done(master)
	if err := e.reconcile(ctx, master); err != nil && ctx.Err() == nil {
		e.log.WithFields(logrus.Fields{"master": master, "err": err}).Debug("endpoints not written")
		e.queue.AddRateLimited(master)
	} else {
		e.queue.Forget(master)
	}
	return true
}

// touch has a master looked at. It never waits.
func (e *endpoints) touch(master string) {
	if e.leading.Load() {
		e.queue.Add(master)
	}
}

func (e *endpoints) touchAll() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for master := range e.masters {
		e.touch(master)
	}
}

// lead tells whether this replica of the service acts: nobody else writes.
func (e *endpoints) lead(leading bool) {
	e.leading.Store(leading)
	if leading {
		select {
		case e.led <- struct{}{}:
		default:
		}
	}
}

// saw takes over what a record says, whether it was read, watched or just written. The
// record that names a new master is thus followed before anything else is done about it.
func (e *endpoints) saw(master string, born time.Time, r sentinel.Record) {
	e.mu.Lock()
	s := e.masters[master]
	if s == nil {
		s = &served{}
		e.masters[master] = s
	}
	now := asOf{r.Epoch, r.Seq}
	newer := cmp.Or(born.Compare(s.born), now.compare(s.asOf)) >= 0
	if newer {
		if s.process.UID != r.Master.UID || s.process.RunID != r.Master.RunID {
			s.since = time.Now()
		}
		s.born, s.asOf, s.process, s.removed = born, now, r.Master, r.Removed
	}
	e.mu.Unlock()
	if newer {
		e.touch(master)
	}
}
