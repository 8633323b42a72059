package realnodes

import (
	"context"
	"fmt"
	"os"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

func TestNodes(t *testing.T) {
	archives, err := Images(t.Context(), func(line string) { t.Log(line) })
	if err != nil {
		t.Fatal(err)
	}
	c, err := Start(t.Context(), Options{Dir: dir, Nodes: 3, Images: archives, Progress: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			_ = os.CopyFS("/tmp/w/failed", os.DirFS(dir))
		}
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	out, err := c.Kubectl(t.Context(), "get", "nodes", "-o", "wide")
	t.Log(out, err)
	if err := Wait(t.Context(), upMost, "dns", func(ctx context.Context) error {
		pods, err := c.Client.CoreV1().Pods("kube-system").List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, p := range pods.Items {
			if p.Status.Phase != corev1.PodRunning {
				return fmt.Errorf("%s %s", p.Name, p.Status.Phase)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	out, err = c.Kubectl(t.Context(), "get", "pods", "-A", "-o", "wide")
	t.Log(out, err)
}
