package memoryonly

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
)

const (
	size     = 3
	patience = 3 * time.Minute
)

// set is the chart's set, as one image of the server has it.
type set struct {
	*release.Release
	t *testing.T
}

func install(t *testing.T, c *realnodes.Cluster, namespace, image string) *set {
	t.Helper()
	r, err := release.New(t.Context(), c, namespace, "dev")
	if err != nil {
		t.Fatal(err)
	}
	repository, tag, _ := strings.Cut(image, ":")
	_, _, err = r.Install(t.Context(), cluster.Values{
		"redis": cluster.Values{"image": cluster.Values{"repository": repository, "tag": tag}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &set{r, t}
}

func (s *set) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *set) eventually(what string, holds func(context.Context) error) {
	s.t.Helper()
	s.must(realnodes.Wait(s.t.Context(), patience, what, holds))
}

// settled is the pod of the master of a whole set.
func (s *set) settled() string {
	s.t.Helper()
	now, err := s.Settled(s.t.Context())
	s.must(err)
	return now.Pod
}

// client talks to one server, where its pod is now.
func (s *set) client(ctx context.Context, pod string) (*redis.Client, error) {
	c, err := s.Server(ctx, pod, "")
	if err == nil {
		s.t.Cleanup(func() { _ = c.Close() })
	}
	return c, err
}

// folder is where a pod's /data lies on this computer.
func (s *set) folder(ctx context.Context, pod string) (string, error) {
	is, err := s.Client.CoreV1().Pods(s.Namespace).Get(ctx, pod, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	return filepath.Join(s.Dir, is.Spec.NodeName, "kubelet", "pods", string(is.UID), "volumes", "kubernetes.io~empty-dir", "data"), nil
}

// files are those in a pod's /data.
func (s *set) files(ctx context.Context, pod string) (names []string, err error) {
	folder, err := s.folder(ctx, pod)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

// ask says whether a person is to be asked after a total loss.
func (s *set) ask(person bool) {
	s.t.Helper()
	value := map[bool]string{true: "manual", false: "accept"}[person]
	_, err := s.Kubectl(s.t.Context(), "-n", s.Namespace, "annotate", "statefulset", s.FullName(), "--overwrite", "redis-sentinel-k8s/on-total-loss="+value)
	s.must(err)
}

// events counts the Events that told of a total loss.
func (s *set) events(ctx context.Context) (int, error) {
	list, err := s.Client.CoreV1().Events(s.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, e := range list.Items {
		if e.Reason == "TotalLoss" && e.InvolvedObject.Kind == "StatefulSet" {
			n += int(max(e.Count, 1))
		}
	}
	return n, nil
}

var lossMetric = regexp.MustCompile(`(?m)^redis_sentinel_k8s_total_losses_total (\d+)`)

// metric is the sum of what all replicas of the service count; a node that boots takes the
// counts of its pods along.
func (s *set) metric(ctx context.Context) (sum int, err error) {
	pods, err := s.Pods(ctx, s.Namespace, cluster.ServiceSelector(s.Name))
	if err != nil {
		return 0, err
	}
	for _, pod := range pods {
		text, err := get(ctx, "http://"+net.JoinHostPort(pod.Status.PodIP, "9121")+"/metrics")
		if err != nil {
			return 0, err
		}
		if found := lossMetric.FindStringSubmatch(text); found != nil {
			n, _ := strconv.Atoi(found[1])
			sum += n
		}
	}
	return sum, nil
}

func get(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

// kill ends the servers of pods at once.
func (s *set) kill(pods ...string) {
	s.t.Helper()
	var servers []release.Process
	for _, pod := range pods {
		server, err := s.Redis(s.t.Context(), pod)
		if err != nil {
			continue // it has ended
		}
		servers = append(servers, server)
	}
	for _, server := range servers {
		if err := server.Kill(); err != nil && !server.Gone() {
			s.t.Fatal(err)
		}
	}
}

func (s *set) all() (pods []string) {
	for n := range size {
		pods = append(pods, s.Pod(n))
	}
	return pods
}
