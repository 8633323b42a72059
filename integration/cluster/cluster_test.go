package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

const (
	namespace = "fenced"
	release   = "dev"
	patience  = time.Minute
)

// TestChartWithoutTheService runs the chart's Redis with nobody to make one the
// master: three fenced servers, which crash and go as pods of a cluster do.
func TestChartWithoutTheService(t *testing.T) {
	c := cluster.Start(t, cluster.Options{Nodes: 3})
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "redis"}, StringData: map[string]string{"password": "open sesame"},
	}
	c.MustKubectl(t, "create", "namespace", namespace)
	if _, err := c.Client.CoreV1().Secrets(namespace).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	notes := c.Install(t, namespace, release, cluster.Values{
		"sentinel": cluster.Values{"replicas": 0},
		"auth":     cluster.Values{"existingSecret": "redis"},
	})
	if !strings.Contains(notes, "get-master-addr-by-name mymaster") {
		t.Errorf("the notes do not say how to find the master:\n%s", notes)
	}
	pods := c.RunningPods(t, patience, namespace, cluster.RedisSelector(release), 3)
	nodes := map[string]bool{}
	for name, pod := range pods {
		nodes[pod.Spec.NodeName] = true
		checkFenced(t, pod)
		if cluster.Ready(pod) {
			t.Errorf("%s is ready though it has no master", name)
		}
	}
	if len(nodes) != 3 {
		t.Errorf("the pods are on %d nodes, want 3", len(nodes))
	}

	t.Run("a crash restarts the container", func(t *testing.T) { crash(t, c, pods["dev-redis-cache-0"]) })
	t.Run("a crash restarts the container while the API server is away", func(t *testing.T) {
		crashWithoutAPI(t, c, pods["dev-redis-cache-1"])
	})
	t.Run("a deleted pod comes back as another", func(t *testing.T) { deletePod(t, c, pods["dev-redis-cache-1"]) })
	t.Run("readiness follows the role", func(t *testing.T) { promote(t, c, pods["dev-redis-cache-2"], pods["dev-redis-cache-0"]) })
	t.Run("uninstall leaves no pod", func(t *testing.T) {
		c.Uninstall(t, namespace, release)
		c.RunningPods(t, patience, namespace, cluster.RedisSelector(release), 0)
	})
}

func connect(t *testing.T, pod corev1.Pod) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: pod.Status.PodIP + ":6379", Password: "open sesame"})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// checkFenced demands that a server answers and refuses to be written to.
func checkFenced(t *testing.T, pod corev1.Pod) {
	t.Helper()
	client := connect(t, pod)
	cluster.Eventually(t, patience, "PING "+pod.Status.PodIP, func(ctx context.Context) error {
		return client.Ping(ctx).Err()
	})
	err := client.Set(t.Context(), "k", "v", 0).Err()
	if err == nil || !strings.HasPrefix(err.Error(), "READONLY") {
		t.Errorf("SET on %s: %v, want READONLY", pod.Name, err)
	}
}

func crash(t *testing.T, c *cluster.Cluster, pod corev1.Pod) {
	kill(t, c, pod)
	checkFenced(t, pod) // at the same address
	awaitRestart(t, c, pod)
}

func crashWithoutAPI(t *testing.T, c *cluster.Cluster, pod corev1.Pod) {
	if err := c.Plane.StopAPI(); err != nil {
		t.Fatal(err)
	}
	kill(t, c, pod)
	checkFenced(t, pod)
	if err := c.Plane.StartAPI(t.Context()); err != nil {
		t.Fatal(err)
	}
	awaitRestart(t, c, pod)
}

// kill crashes a server and returns when another process has taken its place.
func kill(t *testing.T, c *cluster.Cluster, pod corev1.Pod) {
	t.Helper()
	if err := c.Agent.Signal(namespace, pod.Name, "redis", syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	cluster.Eventually(t, patience, "another process", func(context.Context) error {
		is, err := c.Agent.Process(namespace, pod.Name, "redis")
		if err == nil && (is.PID == 0 || is.Restarts != 1) {
			err = fmt.Errorf("PID %d after %d restarts", is.PID, is.Restarts)
		}
		return err
	})
}

// awaitRestart waits until the pod's status tells of the restart.
func awaitRestart(t *testing.T, c *cluster.Cluster, pod corev1.Pod) {
	t.Helper()
	was := pod.Status.ContainerStatuses[0]
	cluster.Eventually(t, patience, "status of the restart", func(ctx context.Context) error {
		now, err := c.Client.CoreV1().Pods(namespace).Get(ctx, pod.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		is := now.Status.ContainerStatuses[0]
		if is.RestartCount != 1 || is.ContainerID == was.ContainerID || is.State.Running == nil {
			return fmt.Errorf("restarts %d, container %s", is.RestartCount, is.ContainerID)
		}
		return nil
	})
}

func deletePod(t *testing.T, c *cluster.Cluster, pod corev1.Pod) {
	process, err := c.Agent.Process(namespace, pod.Name, "redis")
	if err != nil {
		t.Fatal(err)
	}
	c.MustKubectl(t, "-n", namespace, "delete", "pod", pod.Name) // waits until the object is gone
	if syscall.Kill(process.PID, 0) == nil {
		t.Error("the process outlived its pod")
	}
	after := c.RunningPods(t, patience, namespace, cluster.RedisSelector(release), 3)[pod.Name]
	if after.UID == pod.UID || after.Status.PodIP == pod.Status.PodIP {
		t.Errorf("the new pod has UID %s and address %s of the old one", after.UID, after.Status.PodIP)
	}
	checkFenced(t, after)
}

// promote does by hand what the service does, and sees the pod become ready and
// its deletion wait until the server is no longer the master of its replica.
func promote(t *testing.T, c *cluster.Cluster, pod, replica corev1.Pod) {
	client := connect(t, pod)
	if err := client.Do(t.Context(), "REPLICAOF", "NO", "ONE").Err(); err != nil {
		t.Fatal(err)
	}
	ready := func(ctx context.Context) (*corev1.Pod, error) {
		now, err := c.Client.CoreV1().Pods(namespace).Get(ctx, pod.Name, metav1.GetOptions{})
		if err == nil && !cluster.Ready(*now) {
			err = fmt.Errorf("%s is not ready", pod.Name)
		}
		return now, err
	}
	cluster.Eventually(t, patience, "ready", func(ctx context.Context) error {
		_, err := ready(ctx)
		return err
	})
	if err := connect(t, replica).Do(t.Context(), "REPLICAOF", pod.Status.PodIP, "6379").Err(); err != nil {
		t.Fatal(err)
	}
	cluster.Eventually(t, patience, "the replica is attached", func(ctx context.Context) error {
		info, err := client.Info(ctx, "replication").Result()
		if err == nil && !strings.Contains(info, "state=online") {
			err = errors.New(info)
		}
		return err
	})
	err := c.Client.CoreV1().Pods(namespace).Delete(t.Context(), pod.Name, metav1.DeleteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	// What must not happen can only be waited for: a hook that does not hold lets
	// the server go within milliseconds.
	time.Sleep(time.Second)
	if err := client.Ping(t.Context()).Err(); err != nil {
		t.Fatalf("the master's pod was not held: %v", err)
	}
	if err := client.Do(t.Context(), "REPLICAOF", "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	cluster.Eventually(t, 10*time.Second, "the pod goes", func(ctx context.Context) error {
		now, err := c.Client.CoreV1().Pods(namespace).Get(ctx, pod.Name, metav1.GetOptions{})
		if err == nil && now.UID == pod.UID {
			return fmt.Errorf("%s is still there", pod.Name)
		}
		return nil
	})
}
