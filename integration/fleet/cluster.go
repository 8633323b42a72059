package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"
	"golang.org/x/time/rate"
	"k8s.io/client-go/kubernetes"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Options say what a Cluster consists of.
type Options struct {
	// Masters is how many sets there are, Servers how many servers each has.
	Masters, Servers int
	// Sentinels is how many replicas of the service run.
	Sentinels int
	// DownAfter is down-after-milliseconds of all masters; 0 for the default.
	DownAfter time.Duration
	// QPS and Burst are the limits of the calls that a failover waits for, as client-go
	// keeps them for a real client; QPS 0 is none, also for what nobody waits for.
	QPS   float64
	Burst int
	// Log hears the service; nil throws its lines away, once they are made.
	Log logrus.FieldLogger
}

// Cluster is a fleet, what Kubernetes knows of it, and the service.
type Cluster struct {
	Sets []*Set

	options Options
	subnet  int
	api     *embedded.API
	fleet   *Fleet
	client  kubernetes.Interface
	records *k8s.Cluster
	limits  []*rate.Limiter
	hosts   []string
	release func()
	cancel  context.CancelFunc
	running *errgroup.Group
}

// Start starts everything; what is not ready yet shows in Settled. Stop ends it.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	subnet, release, err := node.LockSubnet()
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		log := logrus.New()
		log.SetOutput(io.Discard)
		o.Log = log
	}
	api := embedded.NewAPI()
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	group, inner := errgroup.WithContext(inner)
	c := &Cluster{options: o, subnet: subnet, api: api, fleet: New(subnet), client: api.Client(), release: release, cancel: cancel, running: group}
	group.Go(func() error { api.Forget(inner); return nil })
	if err := c.start(inner, api, subnet); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, api *embedded.API, subnet int) error {
	if err := c.Grow(ctx, c.options.Masters); err != nil {
		return err
	}
	reader := api.Client()
	var err error
	c.records, err = k8s.New(k8s.Clients{Calls: reader, Watches: reader, Leader: reader}, k8s.Options{
		Namespace: namespace, LeasePrefix: leasePrefix, PodName: "reader", Lease: k8s.DefaultLeaseTimes(), Log: c.options.Log,
	})
	if err != nil {
		return err
	}
	for i := range c.options.Sentinels {
		if err := c.startService(ctx, api, i, fmt.Sprintf("127.%d.255.%d", subnet, i+1)); err != nil {
			return err
		}
	}
	return nil
}

// Grow starts more sets until there are so many masters.
func (c *Cluster) Grow(ctx context.Context, masters int) error {
	for i := len(c.Sets); i < masters; i++ {
		set, err := c.fleet.Add(fmt.Sprintf("cache-%d", i), c.options.Servers)
		if err != nil {
			return err
		}
		c.Sets = append(c.Sets, set)
		if err := declare(ctx, c.client, set, c.options.DownAfter); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) startService(ctx context.Context, api *embedded.API, number int, ip string) error {
	pod := servicePod(number)
	if err := createPod(ctx, c.client, pod, ip, "fleet://"+pod.Name); err != nil {
		return err
	}
	clients := k8s.Clients{Calls: api.Client(), Watches: api.Client(), Leader: api.Client()}
	if c.options.QPS > 0 {
		var limit *rate.Limiter
		clients.Calls, limit = limited(api.Client(), c.options.QPS, c.options.Burst)
		clients.Asides, _ = limited(api.Client(), k8s.AsidesQPS, k8s.AsidesBurst)
		c.limits = append(c.limits, limit)
	}
	s, err := newService(clients, pod.Name, pod.Name, ip, c.options.Log)
	if err != nil {
		return err
	}
	c.hosts = append(c.hosts, ip)
	c.running.Go(func() error { return s.run(ctx) })
	return nil
}

// Rested waits until the service's clients may make a full burst of calls, as after
// a quiet time, and no call of theirs is waiting.
func (c *Cluster) Rested(ctx context.Context) error {
	for _, limit := range c.limits {
		for limit.Tokens() < float64(c.options.Burst)-1 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(settleEvery):
			}
		}
	}
	return nil
}

// Stop ends the service first, so that it sees no fault.
func (c *Cluster) Stop() error {
	c.cancel()
	err := c.running.Wait()
	c.fleet.Close()
	c.release()
	return err
}

// Sentinels are the addresses of the service's replicas.
func (c *Cluster) Sentinels() []string {
	addrs := make([]string, len(c.hosts))
	for i, host := range c.hosts {
		addrs[i] = net.JoinHostPort(host, strconv.Itoa(SentinelPort))
	}
	return addrs
}

// Record reads the decision about a set.
func (c *Cluster) Record(ctx context.Context, set *Set) (sentinel.Record, error) {
	return c.records.Get(ctx, set.Name)
}

// Restart starts a server that has crashed, as a kubelet would.
func (c *Cluster) Restart(ctx context.Context, set *Set, server int) error {
	if err := set.Servers[server].Start(); err != nil {
		return err
	}
	return tellRestart(ctx, c.client, set, server)
}

// Settled tells what a set still lacks: a record that is Stable and names its only
// master, that master's write fence, and all other servers in sync.
func (c *Cluster) Settled(ctx context.Context, set *Set) error {
	record, err := c.Record(ctx, set)
	if err != nil {
		return err
	}
	fence := len(set.Servers) / 2
	if record.Phase != sentinel.Stable || record.Fence != fence {
		return fmt.Errorf("%s: record is %q with write fence %d, want Stable with %d", set.Name, record.Phase, record.Fence, fence)
	}
	masters := set.Masters()
	if len(masters) != 1 || masters[0].Host != record.Master.Addr.Host {
		return fmt.Errorf("%s: %d masters, want one, at %s", set.Name, len(masters), record.Master.Addr)
	}
	state := masters[0].State()
	if state.Attached != len(set.Servers)-1 || state.MinReplicas != fence || state.RunID != record.Master.RunID {
		return fmt.Errorf("%s: master has %d replicas and min-replicas-to-write %d, want %d and %d",
			set.Name, state.Attached, state.MinReplicas, len(set.Servers)-1, fence)
	}
	return nil
}
