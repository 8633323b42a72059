package fleet

import (
	"context"
	"net"
	"strconv"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/monitor"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// SentinelPort is where replicas of the service listen.
const SentinelPort = 26379

const settleEvery = 10 * time.Millisecond

// service is one replica of the service, wired as the binary wires it, without
// passwords, files and metrics.
type service struct {
	cluster *k8s.Cluster
	monitor *monitor.Monitor
	server  *resp.Server
	addr    string
}

func newService(clients k8s.Clients, pod, uid, ip string, log logrus.FieldLogger) (*service, error) {
	s := &service{addr: net.JoinHostPort(ip, strconv.Itoa(SentinelPort))}
	var err error
	s.cluster, err = k8s.New(clients, k8s.Options{
		Namespace: namespace, LeasePrefix: leasePrefix, PeerSelector: "app=sentinel", PodName: pod,
		SentinelPort: SentinelPort, Lease: k8s.DefaultLeaseTimes(), Log: log,
	})
	if err != nil {
		return nil, err
	}
	views := store.New()
	s.monitor = monitor.New(monitor.Options{
		Kubernetes: s.cluster, Store: views, Log: log, Dial: dial,
		Publish: func(channel, payload string) { s.server.Hub().Publish(channel, payload) },
	})
	s.server = resp.NewServer(resp.Options{Log: log}, command.New(command.Options{
		Store: views, MyID: k8s.PeerID(uid), Addr: ip, Port: SentinelPort, Writer: s.monitor, Log: log,
		Failover: func(ctx context.Context, master string) error { return s.monitor.Failover(ctx, master, "a client") },
	}))
	return s, nil
}

func dial(ctx context.Context, addr sentinel.Addr, name string) (monitor.Conn, error) {
	conn, err := node.Dial(ctx, addr, name, node.Options{})
	if err != nil {
		return nil, err // not the nil *Conn: an interface that holds it is not nil
	}
	return conn, nil
}

// run goes on until ctx is done.
func (s *service) run(ctx context.Context) error {
	defer s.monitor.Close()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.cluster.Run(ctx, s.monitor) })
	group.Go(func() error {
		select {
		case <-ctx.Done():
			return nil
		case <-s.cluster.Synced():
			return s.cluster.Leader.Run(ctx, s.monitor)
		}
	})
	group.Go(func() error {
		for !s.cluster.HasSynced() || !s.monitor.Settled() {
			select {
			case <-ctx.Done():
				return nil
			case <-time.After(settleEvery):
			}
		}
		return s.server.Run(ctx, s.addr)
	})
	return group.Wait()
}
