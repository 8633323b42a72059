package embedded_test

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"
	"github.com/sirupsen/logrus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// TestServiceProcess: the real binary serves clients, is killed, and comes back in
// its place; it listens where its own flags say and is announced at its pod's port.
func TestServiceProcess(t *testing.T) {
	const listens, announced = 27061, 27060
	subnet, release, err := node.LockSubnet()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	host := fmt.Sprintf("127.%d.254.1", subnet) // where nobody else listens
	c := startProcesses(t, embedded.Options{
		Subnet: subnet, Masters: []string{"a"}, Replicas: 1, SentinelPorts: []int{announced, 27062}, RedisPort: 6379, ServiceBinary: buildService(t),
		ServiceFlags: func(r embedded.Replica) []string {
			if r.Port == announced {
				return []string{"--bind", host, "--port", strconv.Itoa(listens)}
			}
			return []string{"--bind", host}
		},
		RedisArgs: []string{"--maxclients", "321"},
		Annotate: func(pod string) map[string]string {
			return map[string]string{"redis-sentinel-k8s/announce": "127.0.0.1:" + map[string]string{"a-0": "27063", "a-1": "27064"}[pod]}
		},
	})
	first := net.JoinHostPort(host, strconv.Itoa(listens))
	old := awaitMaster(t, first)
	other := sentinelClient(t, net.JoinHostPort(host, "27062"))
	redis.Eventually(t, 20*time.Second, "the announced port at the other Sentinel", func() bool {
		peers, err := other.Sentinels(t.Context(), "a").Result()
		return err == nil && len(peers) == 1 && peers[0]["port"] == strconv.Itoa(announced)
	})
	process := must(c.Agent().Process(embedded.Namespace, "sentinel-0", embedded.ServiceContainer))(t)
	if err := syscall.Kill(process.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	redis.Eventually(t, 20*time.Second, "another process", func() bool {
		pods := must(c.Sentinels(t.Context()))(t)
		return len(pods) == 2 && pods[0].PID != 0 && pods[0].PID != process.PID
	})
	if now := awaitMaster(t, first); now != old {
		t.Errorf("after the restart the master is %s, want %s", now, old)
	}
	redisIsAsAsked(t, c)
}

// buildService returns the service's binary, of this state of the code.
func buildService(t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "redis-sentinel-k8s")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../cmd/redis-sentinel-k8s")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return binary
}

// startProcesses starts a cluster whose logs are shown if the test fails.
func startProcesses(t *testing.T, o embedded.Options) *embedded.Cluster {
	t.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	o.RedisServer, o.Dir, o.Log = redis.Binary(t, "redis-server"), t.TempDir(), log
	c := must(embedded.Start(t.Context(), o))(t)
	t.Cleanup(func() {
		logs, _ := c.Agent().LogDir(embedded.Namespace, "sentinel-0", embedded.ServiceContainer)
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
		files, _ := filepath.Glob(filepath.Join(logs, "*.log"))
		for _, file := range files {
			if text, err := os.ReadFile(file); err == nil && t.Failed() {
				t.Logf("%s:\n%s", filepath.Base(file), text)
			}
		}
	})
	return c
}

func sentinelClient(t *testing.T, addr string) *goredis.SentinelClient {
	t.Helper()
	client := goredis.NewSentinelClient(&goredis.Options{Addr: addr, DisableIdentity: true, MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// awaitMaster waits until a Sentinel names a master, by a port that Annotate gave it.
func awaitMaster(t *testing.T, addr string) string {
	t.Helper()
	client, master := sentinelClient(t, addr), ""
	redis.Eventually(t, 30*time.Second, "a master at "+addr, func() bool {
		found, err := client.GetMasterAddrByName(t.Context(), "a").Result()
		if err == nil {
			master = net.JoinHostPort(found[0], found[1])
		}
		return master == "127.0.0.1:27063" || master == "127.0.0.1:27064"
	})
	return master
}

// redisIsAsAsked: RedisArgs arrive, but the fence stays the last word.
func redisIsAsAsked(t *testing.T, c *embedded.Cluster) {
	t.Helper()
	for _, pod := range must(c.Pods(t.Context(), "a"))(t) {
		client := goredis.NewClient(&goredis.Options{Addr: pod.Address, DisableIdentity: true})
		defer client.Close()
		if got := must(client.ConfigGet(t.Context(), "maxclients").Result())(t)["maxclients"]; got != "321" {
			t.Errorf("%s: maxclients %s, want 321", pod.Name, got)
		}
		object := must(c.API.Client().CoreV1().Pods(embedded.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{}))(t)
		args := object.Spec.Containers[0].Args
		if diff := cmp.Diff([]string{"--maxclients", "321", "--replicaof", "127.0.0.1", "1"}, args[len(args)-5:]); diff != "" {
			t.Errorf("%s: the last arguments (-want +got):\n%s", pod.Name, diff)
		}
	}
}
