package memoryonly

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/sirupsen/logrus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

const (
	masterName = "mymaster"
	size       = 3
	services   = 2
	redisPort  = 6379
	patience   = time.Minute
)

// stage is a running set, as the demo runs it.
type stage struct {
	*embedded.Cluster
	t      *testing.T
	subnet int
	ports  [services]int
	pods   [size]string
	addrs  [size]string
	data   [size]string // the folders of the servers
	held   [size]func() // let go of containers that are not started again
}

// binaries is the folder of what TestMain takes away again.
var binaries string

// built is the service's binary.
var built = sync.OnceValues(func() (binary string, err error) {
	if binaries, err = os.MkdirTemp("", "memory-only-"); err != nil {
		return "", err
	}
	binary = filepath.Join(binaries, "service")
	out, err := exec.Command("go", "build", "-o", binary, "../../cmd/redis-sentinel-k8s").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if binaries != "" {
		_ = os.RemoveAll(binaries)
	}
	os.Exit(code)
}

func start(t *testing.T, v version) *stage {
	t.Helper()
	binary := must(built())(t)
	subnet, release, err := node.LockSubnet()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	s := &stage{t: t, subnet: subnet}
	for n := range s.ports {
		s.ports[n] = freePort(t)
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	s.Cluster = must(embedded.Start(t.Context(), embedded.Options{
		Masters: []string{masterName}, Replicas: size - 1, SentinelPorts: s.ports[:], RedisPort: redisPort,
		RedisServer: v.program(t), OldRedis: v.old, ServiceBinary: binary, Subnet: subnet, Dir: t.TempDir(), Log: log,
		Restarts: &node.Restarts{Most: time.Second}, // as the demo
	}))(t)
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Log(s.logs())
		}
	})
	for n, pod := range must(s.Pods(t.Context(), masterName))(t) {
		s.pods[n], s.addrs[n] = pod.Name, pod.Address
	}
	s.settled()
	for n := range s.pods {
		dir := must(s.client(n).ConfigGet(t.Context(), "dir").Result())(t)["dir"]
		s.data[n] = dir
	}
	return s
}

func freePort(t *testing.T) int {
	t.Helper()
	l := must(net.Listen("tcp", "127.0.0.1:0"))(t)
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// client talks to one server, whatever process it is now.
func (s *stage) client(n int) *goredis.Client {
	c := goredis.NewClient(&goredis.Options{Addr: s.addrs[n], MaxRetries: -1, DisableIdentity: true, DialTimeout: time.Second})
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// settled waits until all replicas of the service name one master that takes writes, which
// the others follow, and returns its number.
func (s *stage) settled() int {
	s.t.Helper()
	master := -1
	s.eventually("a whole set", func(ctx context.Context) (err error) {
		master, err = s.whole(ctx)
		return err
	})
	return master
}

func (s *stage) whole(ctx context.Context) (int, error) {
	master := -1
	for _, port := range s.ports {
		c := goredis.NewSentinelClient(&goredis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", port), MaxRetries: -1, DisableIdentity: true})
		defer c.Close()
		m, err := c.Master(ctx, masterName).Result()
		if err != nil {
			return 0, err
		}
		for n, addr := range s.addrs {
			if addr == net.JoinHostPort(m["ip"], m["port"]) && m["flags"] == "master" {
				master = n
			}
		}
	}
	if master < 0 {
		return 0, fmt.Errorf("no master")
	}
	info := s.client(master).Info(ctx, "replication").Val()
	if online := strings.Count(info, "state=online"); online != size-1 || !strings.Contains(info, "role:master") {
		return 0, fmt.Errorf("%d replicas of %s: %s", online, s.pods[master], info)
	}
	return master, s.client(master).Set(ctx, "takes", "writes", 0).Err()
}

func (s *stage) eventually(what string, holds func(context.Context) error) {
	s.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		err := holds(s.t.Context())
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s: not within %s: %v", what, patience, err)
		}
	}
}

// ask says whether a person is to be asked after a total loss.
func (s *stage) ask(person bool) {
	s.t.Helper()
	value := map[bool]string{true: "manual", false: "accept"}[person]
	patch := fmt.Sprintf(`{"metadata":{"annotations":{"redis-sentinel-k8s/on-total-loss":%q}}}`, value)
	_, err := s.API.Client().AppsV1().StatefulSets(embedded.Namespace).Patch(
		s.t.Context(), masterName, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
}

// told counts how often a total loss was told, each way.
type told struct{ events, log, metric int }

func (t told) inAll(before told) bool {
	return t.events > before.events && t.log > before.log && t.metric > before.metric
}

var lossMetric = regexp.MustCompile(`(?m)^redis_sentinel_k8s_total_losses_total (\d+)`)

func (s *stage) told(ctx context.Context) (sum told, err error) {
	events, err := s.API.Client().CoreV1().Events(embedded.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return sum, err
	}
	for _, e := range events.Items {
		if e.Reason == "TotalLoss" && e.InvolvedObject.Kind == "StatefulSet" {
			sum.events += int(e.Count)
		}
	}
	sum.log = strings.Count(s.logs(), "reason=TotalLoss")
	for n := range s.ports {
		text, err := get(ctx, fmt.Sprintf("http://127.%d.255.%d:9121/metrics", s.subnet, n+1))
		if err != nil {
			return sum, err
		}
		if found := lossMetric.FindStringSubmatch(text); found != nil {
			n, _ := strconv.Atoi(found[1])
			sum.metric += n
		}
	}
	return sum, nil
}

func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

// why is what SENTINEL WHY answers.
func (s *stage) why(ctx context.Context) string {
	c := goredis.NewClient(&goredis.Options{Addr: fmt.Sprintf("127.0.0.1:%d", s.ports[0]), DisableIdentity: true})
	defer c.Close()
	lines, _ := c.Do(ctx, "SENTINEL", "WHY", masterName).StringSlice()
	return strings.Join(lines, "\n")
}

func (s *stage) logs() string {
	var all strings.Builder
	for n := range s.ports {
		dir, err := s.Agent().LogDir(embedded.Namespace, fmt.Sprintf("sentinel-%d", n), embedded.ServiceContainer)
		if err != nil {
			continue
		}
		files, _ := filepath.Glob(filepath.Join(dir, "*.log"))
		for _, file := range files {
			text, _ := os.ReadFile(file)
			all.Write(text)
		}
	}
	return all.String()
}

func must[V any](v V, err error) func(testing.TB) V {
	return func(t testing.TB) V {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}
