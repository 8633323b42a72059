package k8s

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Options say which part of a namespace is ours, and who we are.
type Options struct {
	Namespace string
	// Selector narrows the Redis pods down beyond having LabelMaster, so that two
	// releases in one namespace never touch; it is matched with the labels of a
	// StatefulSet's pod template too. Empty takes all.
	Selector string
	// LeasePrefix begins the names of our Leases. Two releases need two prefixes.
	LeasePrefix string
	// PeerSelector finds the service's own pods; empty knows no peers.
	PeerSelector string
	// PodName is this replica of the service. It is the holder of the leader
	// Lease, so no two processes may run with the same one at the same time.
	PodName string
	// SentinelPort is where replicas of the service listen whose containers have no
	// port that is called sentinel.
	SentinelPort int
	// AnnounceHostnames tells clients a pod's name under its headless Service rather
	// than its IP; ClusterDomain ends these names, and may be empty.
	AnnounceHostnames bool
	ClusterDomain     string
	// AnnounceServices tells clients the address of the Service that selects one pod
	// and has the pod's LabelMaster.
	AnnounceServices bool
	// WatchNodes lets a master leave a cordoned node before it is evicted. It needs
	// a ClusterRole: get, list and watch nodes.
	WatchNodes bool
	Lease      LeaseTimes
	// Answers asks for any reaction at another replica's Sentinel port before ctx is done,
	// and returns why there was none. The connection on which there was one may be
	// returned; its end is taken for a sign. Answers nil: a silent leader is missed when
	// its Lease runs out.
	Answers func(ctx context.Context, addr sentinel.Addr) (net.Conn, error)
	Log     logrus.FieldLogger
	// Unfit says why Redis, if it asks for one, refuses the certificate that the servers and the
	// service show to it; empty while it does not. May be nil.
	Unfit func() string
	// CountProblem is called once for each mistake in what users declared, with
	// its kind (InvalidOption, DuplicateMaster and the others). May be nil.
	CountProblem func(kind, master string)
	// DegradedChanged gets what Health.Degraded returns whenever that changes; it
	// must not call Health. May be nil.
	DegradedChanged func(degraded []string)
	// AwayChanged hears whether the API server is out of reach; it must not call Health.
	// May be nil.
	AwayChanged func(away bool)
}

// Validate tells all mistakes at once.
func (o Options) Validate() error {
	var wrong []error
	if o.Namespace == "" {
		wrong = append(wrong, errors.New("no namespace"))
	}
	if o.PodName == "" {
		wrong = append(wrong, errors.New("no pod name"))
	}
	for name, selector := range map[string]string{"selector": o.Selector, "peer selector": o.PeerSelector} {
		if _, err := labels.Parse(selector); err != nil {
			wrong = append(wrong, fmt.Errorf("%s %q: %w", name, selector, err))
		}
	}
	return errors.Join(append(wrong, o.validateAnnounce(), validPrefix(o.LeasePrefix), o.Lease.validate())...)
}

// podSelector selects the pods of all masters.
func (o Options) podSelector() string { return and(LabelMaster, o.Selector) }

// mastersSelector selects the pods of these masters.
func (o Options) mastersSelector(masters []string) string {
	return and(LabelMaster+" in ("+strings.Join(masters, ",")+")", o.Selector)
}

func and(first, second string) string {
	if second == "" {
		return first
	}
	return first + "," + second
}

// Cluster is all of this package over one set of clients. Its parts are embedded:
// it has their methods.
type Cluster struct {
	*Watch
	*Records
	*Labels
	*Events
	*Health
	// Changes are the records for what clients ask for.
	Changes   *Records
	Leader    *Leader
	endpoints *endpoints
	asides    kubernetes.Interface
}

// New makes a Cluster. It calls nothing before Run, a read or a write.
func New(clients Clients, o Options) (*Cluster, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("options: %w", err)
	}
	log := o.Log.WithField("component", "k8s")
	o.Log = log
	if clients.Asides == nil {
		clients.Asides = clients.Calls
	}
	if clients.Changes == nil {
		clients.Changes = clients.Calls
	}
	if clients.Endpoints == nil {
		clients.Endpoints = clients.Calls
	}
	health := newHealth(o.Namespace, log, o.DegradedChanged)
	health.awayChanged = o.AwayChanged
	events := newEvents(clients.Asides, o.Namespace, o.PodName, health)
	problems := newProblems(log, events, o.CountProblem)
	watch, err := newWatch(clients, o, health, problems)
	if err != nil {
		return nil, err
	}
	endpoints := newEndpoints(clients.Endpoints, watch, o)
	watch.touched = endpoints.touch
	records := &Records{
		client: clients.Calls, options: o, health: health, follow: endpoints.saw, owners: watch.owners, own: watch.own,
		members: watch.members, isSynced: watch.HasSynced, seen: &seen{epoch: make(map[string]uint64)},
	}
	records.live.list = records.list
	watch.saw, endpoints.get = records.saw, records.Get
	events.findPod, events.findSet = watch.podRef, watch.ownerRef
	return &Cluster{
		Watch:   watch,
		Records: records,
		Labels:  &Labels{client: clients.Asides, namespace: o.Namespace, health: health},
		Events:  events,
		Health:  health,
		Changes: records.on(clients.Changes),
		asides:  clients.Asides,

		endpoints: endpoints,
		Leader:    &Leader{client: clients.Leader, options: o, health: health, log: log, lead: both(problems.lead, endpoints.lead), recorded: records.highestTerm, answers: watch.peerAnswers, leaves: watch.peerLeaves, tell: events.onLease},
	}, nil
}

func both(first, second func(bool)) func(bool) {
	return func(is bool) {
		first(is)
		second(is)
	}
}

// Run watches until ctx is done: see Watch.Run. Leader.Run is separate.
func (c *Cluster) Run(ctx context.Context, handler Handler) error {
	defer c.shutDown()
	ctx, cancel := context.WithCancel(ctx)
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	beside.Go(func() { c.recheck(ctx, c.asides) })
	beside.Go(func() { c.endpoints.run(ctx) })
	return c.Watch.Run(ctx, handler)
}

func (w *Watch) podRef(name string) *corev1.ObjectReference {
	object, found, err := w.pods.GetStore().GetByKey(cache.ObjectName{Namespace: w.options.Namespace, Name: name}.String())
	if !found || err != nil {
		return nil
	}
	ref := podRef(object.(*podRow).identity)
	return &ref
}

// ownerRef refers to the StatefulSet behind a master.
func (w *Watch) ownerRef(master string) *corev1.ObjectReference {
	m, _, _ := w.claimed(master, rows[*podRow](w.pods, byMaster, master))
	if m.set() == nil {
		return nil
	}
	ref := setRef(m.set().identity)
	return &ref
}
