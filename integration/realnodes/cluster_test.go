package realnodes

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/image"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/machine"
)

var dir string

func TestMain(m *testing.M) {
	if err := machine.Possible(); err != nil && os.Getenv("CI") != "true" {
		fmt.Fprintln(os.Stderr, "not tried:", err)
		os.Exit(0)
	}
	dir = machine.Inside(machine.Options{})
	os.Exit(m.Run())
}

// TestNodes sees what only real nodes have: names that are answered for, a Service that
// leads to a pod, a shell in a container, and pods that come back with their node.
func TestNodes(t *testing.T) {
	archives, err := Images(t.Context(), func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	c, err := Start(t.Context(), Options{Dir: dir, Nodes: 2, Images: archives, Progress: func(line string) { t.Log(line) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	before := servers(t, c)
	where := before["server-1"].Spec.NodeName

	t.Run("a name leads to the pods of a Service", func(t *testing.T) {
		cluster.Eventually(t, time.Minute, "PING over the Service", func(ctx context.Context) error {
			out, err := c.Kubectl(ctx, "exec", "server-0", "--", "redis-cli", "-h", "server.default.svc.cluster.local", "ping")
			if err == nil && strings.TrimSpace(out) != "PONG" {
				err = fmt.Errorf("it says %q", out)
			}
			return err
		})
	})
	t.Run("a node that crashes comes back with its pods, at other addresses", func(t *testing.T) {
		crashed := c.Node(where)
		if err := crashed.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := crashed.Boot(t.Context()); err != nil {
			t.Fatal(err)
		}
		cluster.Eventually(t, 2*time.Minute, "the pod of "+where, func(ctx context.Context) error {
			now, err := c.Client.CoreV1().Pods("default").Get(ctx, "server-1", metav1.GetOptions{})
			if err != nil {
				return err
			}
			was := before["server-1"]
			if now.UID != was.UID {
				t.Fatalf("it is another pod: %s", now.UID)
			}
			if !cluster.Ready(*now) || now.Status.PodIP == was.Status.PodIP {
				return fmt.Errorf("ready is %v, its address %s", cluster.Ready(*now), now.Status.PodIP)
			}
			return nil
		})
	})
}

// servers runs a Redis on each node, behind one Service.
func servers(t *testing.T, c *Cluster) map[string]corev1.Pod {
	t.Helper()
	for n, node := range c.Nodes {
		c.MustKubectl(t, "run", fmt.Sprintf("server-%d", n), "--image="+image.Redis80, "--labels=app=server", "--port=6379",
			"--overrides="+fmt.Sprintf(`{"spec":{"nodeName":%q}}`, node.Name), "--", "--protected-mode", "no")
	}
	c.MustKubectl(t, "create", "service", "clusterip", "server", "--tcp=6379")
	return c.ReadyPods(t, time.Minute, "default", "app=server", len(c.Nodes))
}

// TestFailedStart: a cluster that cannot be started says why and leaves nothing running.
func TestFailedStart(t *testing.T) {
	none := []image.Archive{{Ref: "none", Path: "/no/such/archive.tar"}}
	c, err := Start(t.Context(), Options{Dir: t.TempDir(), Nodes: 1, Images: none})
	if err == nil {
		_ = c.Stop()
		t.Fatal("it started")
	}
	if !strings.Contains(err.Error(), "/no/such/archive.tar") {
		t.Errorf("%v does not name the archive", err)
	}
	for _, name := range []string{"etcd", "kube-apiserver", Kubelet, Containerd} {
		if pid := running(t, name); pid != "" {
			t.Errorf("%s runs on as process %s", name, pid)
		}
	}
}

// running is a process of a name that this program's namespaces have, empty when none.
func running(t *testing.T, name string) string {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		comm, err := os.ReadFile("/proc/" + entry.Name() + "/comm")
		if err == nil && strings.TrimSpace(string(comm)) == name {
			return entry.Name()
		}
	}
	return ""
}
