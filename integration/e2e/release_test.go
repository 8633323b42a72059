package e2e

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// release is one installed chart in a namespace of its own.
type release struct {
	*cluster.Cluster
	t         *testing.T
	namespace string
	name      string
}

// install installs the chart as a person would and waits until all is ready.
func install(t *testing.T, values cluster.Values) *release {
	t.Helper()
	return installOn(t, cluster.Options{}, values)
}

func installOn(t *testing.T, options cluster.Options, values cluster.Values) *release {
	t.Helper()
	r := &release{Cluster: cluster.Start(t, options), t: t, namespace: "test", name: "dev"}
	r.Install(t, r.namespace, r.name, values)
	t.Cleanup(func() {
		if t.Failed() {
			r.dump()
		}
	})
	r.ready(3)
	return r
}

// ready waits for n Redis pods and the service's three.
func (r *release) ready(n int) {
	r.t.Helper()
	r.ReadyPods(r.t, 2*time.Minute, r.namespace, cluster.RedisSelector(r.name), n)
	r.ReadyPods(r.t, 2*time.Minute, r.namespace, cluster.ServiceSelector(r.name), 3)
}

// dump shows what the service said, pods that are gone included, when a test failed.
func (r *release) dump() {
	files, _ := filepath.Glob(filepath.Join(r.Dir, "pods", "*sentinel*", "sentinel", "*.log"))
	for _, file := range files {
		text, _ := os.ReadFile(file)
		lines := strings.Split(string(text), "\n")
		r.t.Logf("%s:\n%s", file, strings.Join(lines[max(0, len(lines)-60):], "\n"))
	}
}

// in is the same release for a subtest.
func (r *release) in(t *testing.T) *release {
	sub := *r
	sub.t = t
	return &sub
}

// sentinels are the addresses of the service's replicas.
func (r *release) sentinels() []string {
	r.t.Helper()
	pods, err := r.Pods(r.t.Context(), r.namespace, cluster.ServiceSelector(r.name))
	if err != nil {
		r.t.Fatal(err)
	}
	var addrs []string
	for _, pod := range pods {
		if pod.Status.PodIP != "" && pod.DeletionTimestamp == nil {
			addrs = append(addrs, pod.Status.PodIP+":26379")
		}
	}
	slices.Sort(addrs)
	return addrs
}

func (r *release) orAll(sentinels []string) []string {
	if sentinels == nil {
		return r.sentinels()
	}
	return sentinels
}

// service is the name of the Service in front of the Sentinel port.
const service = "dev-redis-cache-sentinel:26379"

// client is an unmodified Sentinel client with its default settings, which was given
// the name of the Service. There is neither DNS nor kube-proxy here, so its dialer
// does what these do: it picks a pod that is ready.
func (r *release) client() *redis.Client {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	c := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: "mymaster", SentinelAddrs: []string{service},
		Dialer: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if addr == service {
				pod, err := r.readySentinel(ctx)
				if err != nil {
					return nil, err
				}
				addr = pod
			}
			return dialer.DialContext(ctx, network, addr)
		},
	})
	r.t.Cleanup(func() { _ = c.Close() })
	return c
}

// master asks one replica of the service after another.
func (r *release) master() string {
	r.t.Helper()
	return r.masterBy(nil)
}

// masterBy asks these replicas of the service, all when there are none.
func (r *release) masterBy(sentinels []string) string {
	r.t.Helper()
	var found string
	cluster.Eventually(r.t, 30*time.Second, "a master", func(ctx context.Context) error {
		for _, addr := range r.orAll(sentinels) {
			s := redis.NewSentinelClient(&redis.Options{Addr: addr})
			host, err := s.GetMasterAddrByName(ctx, "mymaster").Result()
			_ = s.Close()
			if err == nil {
				found = strings.Join(host, ":")
				return nil
			}
		}
		return fmt.Errorf("nobody names one")
	})
	return found
}

// podAt is the name of the Redis pod with an address.
func (r *release) podAt(addr string) string {
	r.t.Helper()
	pods, err := r.Pods(r.t.Context(), r.namespace, cluster.RedisSelector(r.name))
	if err != nil {
		r.t.Fatal(err)
	}
	for name, pod := range pods {
		if pod.Status.PodIP+":6379" == addr {
			return name
		}
	}
	r.t.Fatalf("no pod has the address %s", addr)
	return ""
}

// node is a plain client of one Redis. It asks again when its connection is closed: the
// service cuts all clients of a former master, for up to ten seconds after a switch.
func node(t *testing.T, addr string) *redis.Client {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// readySentinel is the address of some replica of the service that is ready, and none
// of these.
func (r *release) readySentinel(ctx context.Context, but ...string) (string, error) {
	pods, err := r.Pods(ctx, r.namespace, cluster.ServiceSelector(r.name))
	if err != nil {
		return "", err
	}
	for _, pod := range pods { // in no order, as by a Service
		if cluster.Ready(pod) && pod.DeletionTimestamp == nil && !slices.Contains(but, pod.Name) {
			return pod.Status.PodIP + ":26379", nil
		}
	}
	return "", errors.New("no replica of the service is ready")
}

// sentinelAt is a client of one replica of the service.
func sentinelAt(t *testing.T, addr string) *redis.SentinelClient {
	t.Helper()
	c := redis.NewSentinelClient(&redis.Options{Addr: addr})
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// kill sends SIGKILL to the Redis of a pod. The node agent restarts it as a kubelet does,
// unless the cluster was told otherwise: within a second the first time, after 10 s the
// second time.
func (r *release) kill(pod string) {
	r.t.Helper()
	if err := r.Agent.Signal(r.namespace, pod, "redis", syscall.SIGKILL); err != nil {
		r.t.Fatal(err)
	}
}

// redisAddrs are the addresses of all Redis pods.
func (r *release) redisAddrs() []string {
	r.t.Helper()
	pods, err := r.Pods(r.t.Context(), r.namespace, cluster.RedisSelector(r.name))
	if err != nil {
		r.t.Fatal(err)
	}
	var addrs []string
	for _, pod := range pods {
		addrs = append(addrs, pod.Status.PodIP+":6379")
	}
	slices.Sort(addrs)
	return addrs
}

// settled waits until one master with n-1 replicas in sync is what every replica
// of the service tells, and what Redis itself says.
func (r *release) settled(n int) string {
	r.t.Helper()
	return r.settledBy(n, nil)
}

// settledBy is settled by what these replicas of the service tell, all when there are none.
func (r *release) settledBy(n int, sentinels []string) string {
	r.t.Helper()
	var master string
	cluster.Eventually(r.t, 90*time.Second, "one master and all replicas in sync", func(ctx context.Context) error {
		master = ""
		for _, addr := range r.orAll(sentinels) {
			named, err := tells(ctx, addr, n)
			if err != nil {
				return fmt.Errorf("%s: %w", addr, err)
			}
			if master != "" && named != master {
				return fmt.Errorf("one names %s, another %s", master, named)
			}
			master = named
		}
		if master == "" {
			return fmt.Errorf("no service pods")
		}
		return nil
	})
	return master
}

// tells asks one replica of the service for its master, and for n-1 good replicas.
func tells(ctx context.Context, addr string, n int) (string, error) {
	s := redis.NewSentinelClient(&redis.Options{Addr: addr})
	defer s.Close()
	m, err := s.Master(ctx, "mymaster").Result()
	if err != nil {
		return "", err
	}
	if m["flags"] != "master" {
		return "", fmt.Errorf("the master's flags are %s", m["flags"])
	}
	replicas, err := s.Replicas(ctx, "mymaster").Result()
	if err != nil {
		return "", err
	}
	good := 0
	for _, replica := range replicas {
		if replica["flags"] == "slave" && replica["master-link-status"] == "ok" {
			good++
		}
	}
	if good != n-1 || len(replicas) != n-1 {
		return "", fmt.Errorf("%d replicas, %d of them in sync", len(replicas), good)
	}
	return m["ip"] + ":" + m["port"], nil
}

func writeFile(path, text string) error { return os.WriteFile(path, []byte(text), 0o600) }
