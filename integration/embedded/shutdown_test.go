package embedded_test

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

// stopping is a cluster with two replicas of the service as processes, one of which is
// about to be told to end.
type stopping struct {
	*testing.T
	cluster *embedded.Cluster
	mu      sync.Mutex
	http    map[string]string // the address of /readyz by pod
}

func startStopping(t *testing.T, delay time.Duration) *stopping {
	t.Helper()
	subnet, release, err := node.LockSubnet()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	s := &stopping{T: t, http: map[string]string{}}
	s.cluster = startProcesses(t, embedded.Options{
		Subnet: subnet, Masters: []string{"a"}, Replicas: 1, SentinelPorts: []int{27071, 27072}, RedisPort: 6379, ServiceBinary: buildService(t),
		ServiceFlags: func(r embedded.Replica) []string {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.http[r.PodName] = r.HTTP
			return []string{"--shutdown-delay", delay.String()}
		},
	})
	for _, port := range []int{27071, 27072} {
		client := sentinelClient(t, sentinelAddr(port))
		redis.Eventually(t, 30*time.Second, fmt.Sprint("a master at ", port), func() bool {
			return client.GetMasterAddrByName(t.Context(), "a").Err() == nil
		})
	}
	return s
}

func sentinelAddr(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// leader is the pod that holds the leader Lease.
func (s *stopping) leader() string {
	s.Helper()
	lease, err := s.cluster.API.Client().CoordinationV1().Leases(embedded.Namespace).
		Get(s.Context(), k8s.LeaderLease(embedded.LeasePrefix), metav1.GetOptions{})
	if err != nil || lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

// tell sends SIGTERM to the process of a pod and returns its id.
func (s *stopping) tell(pod string) int {
	s.Helper()
	process := must(s.cluster.Agent().Process(embedded.Namespace, pod, embedded.ServiceContainer))(s.T)
	if err := syscall.Kill(process.PID, syscall.SIGTERM); err != nil {
		s.Fatal(err)
	}
	return process.PID
}

// remove deletes a pod, as a rollout does; its process is told to end.
func (s *stopping) remove(pod string) {
	s.Helper()
	if err := s.cluster.API.Client().CoreV1().Pods(embedded.Namespace).Delete(s.Context(), pod, metav1.DeleteOptions{}); err != nil {
		s.Fatal(err)
	}
}

// ready asks /readyz; anything but an answer is an error.
func (s *stopping) ready(pod string) (bool, error) {
	ctx, cancel := context.WithTimeout(s.Context(), time.Second)
	defer cancel()
	s.mu.Lock()
	url := "http://" + s.http[pod] + "/readyz"
	s.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return false, err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false, err
	}
	return answer.StatusCode == http.StatusOK, answer.Body.Close()
}

// asked is what a client without a pool does: it connects, asks and closes.
func asked(ctx context.Context, addr string) error {
	client := goredis.NewSentinelClient(&goredis.Options{Addr: addr, DisableIdentity: true, MaxRetries: -1, DialerRetries: 1})
	defer client.Close()
	return client.GetMasterAddrByName(ctx, "a").Err()
}

// TestAToldReplicaStaysForAWhile: endpoints name a replica for a while after it was told
// to end. It must take no part in anything but answer whoever still comes.
func TestAToldReplicaStaysForAWhile(t *testing.T) {
	const delay = 10 * time.Second
	s := startStopping(t, delay)
	var leader string
	redis.Eventually(t, 20*time.Second, "a leader that is ready", func() bool {
		leader = s.leader()
		ready, err := s.ready(leader)
		return err == nil && ready
	})
	addr := sentinelAddr(map[string]int{"sentinel-0": 27071, "sentinel-1": 27072}[leader])
	told := time.Now()
	s.remove(leader)
	var unready, led time.Duration
	n := 0
	for ; time.Since(told) < delay/2; n++ {
		if err := asked(t.Context(), addr); err != nil {
			t.Fatalf("%s after SIGTERM a client is refused: %v", time.Since(told).Round(time.Millisecond), err)
		}
		ready, err := s.ready(leader)
		if err != nil {
			t.Fatalf("%s after SIGTERM: %v", time.Since(told).Round(time.Millisecond), err)
		}
		if !ready && unready == 0 {
			unready = time.Since(told)
		}
		if now := s.leader(); led == 0 && now != leader && now != "" {
			led = time.Since(told)
		}
	}
	if unready == 0 || unready > delay/4 {
		t.Errorf("not ready after %s, want at once", unready)
	}
	if led == 0 || led > delay/3 { // a Lease that is not given up runs for longer
		t.Errorf("another one leads after %s, want about a second", led)
	}
	listens(t, addr)
	t.Logf("%d clients answered; unready after %s, another leads after %s", n, unready.Round(time.Millisecond), led.Round(time.Millisecond))
}

// listens sees that a subscription, which may be new, ends when the replica does.
func listens(t *testing.T, addr string) {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: addr, DisableIdentity: true, MaxRetries: -1})
	defer client.Close()
	subscription := client.Subscribe(t.Context(), "+switch-master")
	defer subscription.Close()
	if _, err := subscription.Receive(t.Context()); err != nil {
		t.Fatalf("a new subscriber is refused: %v", err)
	}
	if message, err := subscription.ReceiveTimeout(t.Context(), 30*time.Second); err == nil {
		t.Errorf("the subscriber hears %v, want the end of its connection", message)
	}
}

// TestWhoAsksTwiceDoesNotWait: the second SIGTERM ends the process at once.
func TestWhoAsksTwiceDoesNotWait(t *testing.T) {
	s := startStopping(t, time.Minute)
	pid := s.tell("sentinel-0")
	redis.Eventually(t, 10*time.Second, "not ready any more", func() bool {
		ready, err := s.ready("sentinel-0")
		return err == nil && !ready
	})
	if again := s.tell("sentinel-0"); again != pid {
		t.Fatalf("process %d ended before it was told twice", pid)
	}
	redis.Eventually(t, 5*time.Second, "the end of the process", func() bool { return syscall.Kill(pid, 0) != nil })
}
