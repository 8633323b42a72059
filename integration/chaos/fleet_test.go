package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

const (
	namespace   = "test"
	leasePrefix = "alpha-redis-cache-"
)

// set is one master with its replicas.
type set struct {
	number  int
	release string // of the chart
	master  string // for Sentinel
	size    int
}

var sets = []set{{0, "alpha", "alpha", 3}, {1, "beta", "beta", 3}, {2, "gamma", "gamma", 3}, {3, "five", "five", 5}}

func setOf(master string) int {
	return slices.IndexFunc(sets, func(s set) bool { return s.master == master })
}

// fleet is all that runs, as it was when the API server last answered.
type fleet struct {
	*cluster.Cluster
	t        *testing.T
	lines    *lines // from the pods to the API server
	deathLog *deathLog

	mu       sync.Mutex
	redis    [][]corev1.Pod // of each set
	services []corev1.Pod   // ready ones
	source   string         // the clients' own address
}

// restarts are those of the five nodes, as kubelets can be configured that differ. The
// same few containers are killed all the time, so that usual ones would soon let
// everything rest for five minutes. Two let what they run rest for 10 s when it ends
// again within 10 minutes, two for the least that can be configured. The fifth is
// quicker than any kubelet, since what is back at once is hardest to tell from what
// never went.
var restarts = []node.Restarts{
	{Most: 10 * time.Second}, {Most: time.Second}, node.AtOnce, {Most: 10 * time.Second}, {Most: time.Second},
}

// install installs all sets, with one service that serves them all.
func install(t *testing.T) *fleet {
	t.Helper()
	f := &fleet{t: t, lines: newLines(t), redis: make([][]corev1.Pod, len(sets))}
	f.Cluster = cluster.Start(t, cluster.Options{Nodes: 5, Service: kept(t), Server: f.lines.server, Restarts: restarts, Images: brokenDisks(t)})
	f.deathLog = newDeathLog(f.Dir)
	for _, s := range sets {
		values := cluster.Values{
			"replicaCount": s.size, "masterName": s.master,
			"sentinel": cluster.Values{"replicas": 0},
		}
		if s.number == 0 {
			values["sentinel"] = cluster.Values{"replicas": 3, "extraArgs": []string{
				"--selector=app.kubernetes.io/component=redis", "--enable-debug-commands", "--bind-source-addr=$(POD_IP)",
			}}
		}
		f.Install(t, namespace, s.release, values)
	}
	return f
}

// kept is a copy of the service's binary: a build must not change a long run. SERVICE
// is another one, such as one that is broken on purpose.
func kept(t *testing.T) string {
	t.Helper()
	from := os.Getenv("SERVICE")
	if from == "" {
		from = filepath.Join("..", "..", "bin", "redis-sentinel-k8s")
	}
	binary, err := os.ReadFile(from)
	if err != nil {
		t.Fatalf("%v (make build)", err)
	}
	path := filepath.Join(t.TempDir(), "redis-sentinel-k8s")
	if err := os.WriteFile(path, binary, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// refresh asks the API server for all pods, if it can be asked.
func (f *fleet) refresh(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	list, err := f.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	found, services := make([][]corev1.Pod, len(sets)), []corev1.Pod(nil)
	for _, pod := range list.Items {
		if number := setOf(pod.Labels["redis-sentinel-k8s/master-name"]); number >= 0 {
			found[number] = append(found[number], pod)
		} else if pod.Status.PodIP != "" {
			services = append(services, pod)
		}
	}
	slices.SortFunc(services, func(a, b corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	f.mu.Lock()
	defer f.mu.Unlock()
	f.redis, f.services = found, services
	if f.source == "" && len(services) > 0 { // of the pods' subnet, on a node that is not
		parts := strings.Split(services[0].Status.PodIP, ".")
		f.source = fmt.Sprintf("127.%s.250.1", parts[1])
	}
	return nil
}

func (f *fleet) pods(set int) []corev1.Pod {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.redis[set])
}

func (f *fleet) servicePods() []corev1.Pod {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.services)
}

// dial is a client's network: names of service replicas are resolved as cluster DNS
// would, and connections come from the clients' own address.
func (f *fleet) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	f.mu.Lock()
	source, services := f.source, f.services
	f.mu.Unlock()
	var n int
	if _, err := fmt.Sscanf(addr, "sentinel-%d:26379", &n); err == nil {
		if len(services) == 0 {
			return nil, &net.DNSError{Err: "no such host", Name: addr}
		}
		addr = services[n%len(services)].Status.PodIP + ":26379"
	}
	dialer := net.Dialer{Timeout: 5 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(source)}}
	return dialer.DialContext(ctx, network, addr)
}

// client is a Sentinel client with one connection, and what happens when it is made.
func (f *fleet) client(s set, connected func(ctx context.Context, cn *redis.Conn) error) *redis.Client {
	c := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: s.master, SentinelAddrs: []string{"sentinel-0:26379", "sentinel-1:26379", "sentinel-2:26379"},
		Dialer: f.dial, PoolSize: 1, OnConnect: connected,
	})
	f.t.Cleanup(func() { _ = c.Close() })
	return c
}

// quiet is a client that asks the service for the master when it connects and hears
// no news: it stays where it is for as long as that one takes its writes.
func (f *fleet) quiet(s set, connected func(ctx context.Context, cn *redis.Conn) error) *redis.Client {
	c := redis.NewClient(&redis.Options{
		Addr: s.master, PoolSize: 1, OnConnect: connected,
		Dialer: func(ctx context.Context, network, _ string) (net.Conn, error) {
			pod, err := f.masterPod(ctx, s.number)
			if err != nil {
				return nil, err
			}
			return f.dial(ctx, network, pod.Status.PodIP+":6379")
		},
	})
	f.t.Cleanup(func() { _ = c.Close() })
	return c
}

// direct is a client of one address, from the clients' side of the network.
func (f *fleet) direct(addr string) *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: addr, Dialer: f.dial, MaxRetries: -1, Protocol: 2, DisableIdentity: true,
		DialTimeout: time.Second, ReadTimeout: time.Second, PoolSize: 2,
	})
}

// patient is a direct client for a machine that may be busy.
func (f *fleet) patient(addr string) *redis.Client {
	return redis.NewClient(&redis.Options{Addr: addr, Dialer: f.dial, MaxRetries: 10, DialTimeout: 10 * time.Second, ReadTimeout: 10 * time.Second})
}

// masterPod asks the service for a set's master and returns its pod.
func (f *fleet) masterPod(ctx context.Context, set int) (corev1.Pod, error) {
	var last error
	for _, service := range f.servicePods() {
		addr, err := f.named(ctx, service.Status.PodIP+":26379", sets[set].master)
		if err != nil {
			last = err
			continue
		}
		for _, pod := range f.pods(set) {
			if pod.Status.PodIP+":6379" == addr {
				return pod, nil
			}
		}
		last = fmt.Errorf("%s names %s, which is no pod of it", service.Name, addr)
	}
	return corev1.Pod{}, fmt.Errorf("no master of %s: %w", sets[set].master, last)
}

func (f *fleet) named(ctx context.Context, service, master string) (string, error) {
	s := redis.NewSentinelClient(&redis.Options{Addr: service, Dialer: f.dial, MaxRetries: -1, DialTimeout: time.Second, ReadTimeout: time.Second})
	defer s.Close()
	addr, err := s.GetMasterAddrByName(ctx, master).Result()
	return strings.Join(addr, ":"), err
}

// leader is the pod that holds the leader Lease.
func (f *fleet) leader(ctx context.Context) (corev1.Pod, error) {
	lease, err := f.Client.CoordinationV1().Leases(namespace).Get(ctx, leasePrefix+"sentinel-leader", metav1.GetOptions{})
	if err != nil {
		return corev1.Pod{}, err
	}
	for _, pod := range f.servicePods() {
		if lease.Spec.HolderIdentity != nil && strings.Contains(*lease.Spec.HolderIdentity, pod.Name) {
			return pod, nil
		}
	}
	return corev1.Pod{}, fmt.Errorf("nobody holds %s", lease.Name)
}

// whole says whether all pods are there and ready, and every service replica tells
// of each set the same master with all its replicas in sync.
func (f *fleet) whole(ctx context.Context) error {
	if err := f.refresh(ctx); err != nil {
		return err
	}
	for _, s := range sets {
		if err := allReady(f.pods(s.number), s.size); err != nil {
			return fmt.Errorf("%s: %w", s.master, err)
		}
	}
	services := f.servicePods()
	if err := allReady(services, 3); err != nil {
		return fmt.Errorf("service: %w", err)
	}
	for _, s := range sets {
		named := map[string]bool{}
		for _, pod := range services {
			addr, err := f.tells(ctx, pod.Status.PodIP+":26379", s)
			if err != nil {
				return fmt.Errorf("%s of %s: %w", pod.Name, s.master, err)
			}
			named[addr] = true
		}
		if len(named) != 1 {
			return fmt.Errorf("masters of %s: %v", s.master, slices.Sorted(maps.Keys(named)))
		}
	}
	return nil
}

func allReady(pods []corev1.Pod, want int) error {
	for _, pod := range pods {
		if pod.DeletionTimestamp != nil || !cluster.Ready(pod) {
			return fmt.Errorf("%s is not ready", pod.Name)
		}
	}
	if len(pods) != want {
		return fmt.Errorf("%d pods, want %d", len(pods), want)
	}
	return nil
}

func (f *fleet) tells(ctx context.Context, addr string, of set) (string, error) {
	s := redis.NewSentinelClient(&redis.Options{Addr: addr, Dialer: f.dial, MaxRetries: -1})
	defer s.Close()
	m, err := s.Master(ctx, of.master).Result()
	if err != nil {
		return "", err
	}
	replicas, err := s.Replicas(ctx, of.master).Result()
	if err != nil {
		return "", err
	}
	good := slices.DeleteFunc(replicas, func(r map[string]string) bool { return r["flags"] != "slave" || r["master-link-status"] != "ok" })
	if m["flags"] != "master" || len(good) != of.size-1 {
		return "", fmt.Errorf("flags %s, %d replicas in sync", m["flags"], len(good))
	}
	return m["ip"] + ":" + m["port"], nil
}

// nodeOf is where a pod runs.
func nodeOf(pod corev1.Pod) string { return pod.Spec.NodeName }

func quote(v any) string {
	text, _ := json.Marshal(v) // strings and maps of strings only
	return string(text)
}
