package embedded_test

import (
	"context"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

func startCluster(t *testing.T, service func(context.Context, embedded.Replica) error) *embedded.Cluster {
	t.Helper()
	subnet, release, err := node.LockSubnet()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	log := logrus.New()
	log.SetOutput(io.Discard)
	c, err := embedded.Start(t.Context(), embedded.Options{
		Masters: []string{"a", "b"}, Replicas: 1, SentinelPorts: []int{1001, 1002}, RedisPort: 6379,
		RedisServer: redis.Binary(t, "redis-server"), Subnet: subnet, Dir: t.TempDir(), Service: service, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// TestReplicasHaveTheirOwnPorts: what the service is told of itself.
func TestReplicasHaveTheirOwnPorts(t *testing.T) {
	var mu sync.Mutex
	var got []int
	startCluster(t, func(ctx context.Context, r embedded.Replica) error {
		mu.Lock()
		if r.IP != "127.0.0.1" || r.PodUID == "" || r.PodName == "" {
			t.Errorf("replica %+v, want a name, a UID and 127.0.0.1", r)
		}
		got = append(got, r.Port)
		mu.Unlock()
		<-ctx.Done()
		return nil
	})
	redis.Eventually(t, 10*time.Second, "two replicas of the service", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(got) == 2
	})
	slices.Sort(got)
	if diff := cmp.Diff([]int{1001, 1002}, got); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}
}

// TestStatefulSet: deleted pods come back, superfluous ones go, orderly.
func TestStatefulSet(t *testing.T) {
	c := startCluster(t, func(ctx context.Context, _ embedded.Replica) error { <-ctx.Done(); return nil })
	pods := c.API.Client().CoreV1().Pods(embedded.Namespace)
	sets := c.API.Client().AppsV1().StatefulSets(embedded.Namespace)
	before := must(pods.Get(t.Context(), "a-0", metav1.GetOptions{}))(t)
	running := func(name string) bool {
		list := must(c.Pods(t.Context(), name[:1]))(t)
		return slices.ContainsFunc(list, func(p embedded.Pod) bool { return p.Name == name && p.PID != 0 })
	}
	redis.Eventually(t, 10*time.Second, "a process in a-0", func() bool { return running("a-0") })
	if err := pods.Delete(t.Context(), "a-0", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	redis.Eventually(t, 15*time.Second, "another pod a-0 with a process", func() bool {
		now, err := pods.Get(t.Context(), "a-0", metav1.GetOptions{})
		return err == nil && now.UID != before.UID && running("a-0")
	})
	scale := func(to string) {
		must(sets.Patch(t.Context(), "b", types.MergePatchType, []byte(`{"spec":{"replicas":`+to+`}}`), metav1.PatchOptions{}))(t)
	}
	scale("3")
	redis.Eventually(t, 10*time.Second, "a process in b-2", func() bool { return running("b-2") })
	scale("1")
	redis.Eventually(t, 15*time.Second, "only b-0", func() bool {
		_, err1 := pods.Get(t.Context(), "b-1", metav1.GetOptions{})
		_, err2 := pods.Get(t.Context(), "b-2", metav1.GetOptions{})
		return apierrors.IsNotFound(err1) && apierrors.IsNotFound(err2) && running("b-0")
	})
}
