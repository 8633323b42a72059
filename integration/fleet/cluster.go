package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"k8s.io/client-go/kubernetes"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	child "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Options say what a Cluster consists of.
type Options struct {
	// Masters is how many sets there are, Servers how many servers each has.
	Masters, Servers int
	// Sentinels is how many replicas of the service run, as processes of the binary
	// ServiceBinary with their files in Dir.
	Sentinels     int
	ServiceBinary string
	Dir           string
	// Enter returns the file by which a replica of the service enters its cgroup, before it
	// begins; nil for none.
	Enter func() (procs string, err error)
	// DownAfter is down-after-milliseconds of all masters; 0 for the default.
	DownAfter time.Duration
}

// Cluster is a fleet, what Kubernetes knows of it, and the service.
type Cluster struct {
	Sets []*Set

	options  Options
	subnet   int
	api      *embedded.API
	fleet    *Fleet
	client   kubernetes.Interface
	records  *k8s.Cluster
	server   *embedded.Server
	services []*child.Process
	hosts    []string
	release  func()
	cancel   context.CancelFunc
	running  sync.WaitGroup
}

// Start starts everything; what is not ready yet shows in Settled. Stop ends it.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	subnet, release, err := node.LockSubnet()
	if err != nil {
		return nil, err
	}
	api := embedded.NewAPI()
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c := &Cluster{options: o, subnet: subnet, api: api, fleet: New(subnet), client: api.Client(), release: release, cancel: cancel}
	c.running.Go(func() { api.Forget(inner) })
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) error {
	if err := c.Grow(ctx, c.options.Masters); err != nil {
		return err
	}
	reader, log := c.api.Client(), logrus.New()
	log.SetOutput(io.Discard)
	var err error
	c.records, err = k8s.New(k8s.Clients{Calls: reader, Watches: reader, Leader: reader}, k8s.Options{
		Namespace: namespace, LeasePrefix: leasePrefix, PodName: "reader", Lease: k8s.DefaultLeaseTimes(), Log: log,
	})
	if err != nil {
		return err
	}
	return c.startServices(ctx)
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

// Stop ends the service first, so that it sees no fault.
func (c *Cluster) Stop() error {
	wrong := c.stopServices()
	c.cancel()
	c.running.Wait()
	c.fleet.Close()
	c.release()
	return errors.Join(wrong...)
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
