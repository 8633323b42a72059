package e2e

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestRenamedUnderItsPods: another master's name comes with a manifest that nothing could refuse, as from
// Argo CD. The pod that is made anew begins no set of its own, the rollout stands, and clients go on; when
// the name is set back all is as before, with all data.
func TestRenamedUnderItsPods(t *testing.T) {
	r := install(t, nil)
	before := r.settled(3)
	l := startLoad(t, r.client(), "w")
	rename := func(name string) {
		r.MustKubectl(t, "-n", r.namespace, "patch", "statefulset", "dev-redis-cache", "--type=json",
			"-p", fmt.Sprintf(`[{"op":"replace","path":"/spec/template/metadata/labels/redis-sentinel-k8s~1master-name","value":%q}]`, name))
	}
	rename("orders")
	r.hasEvent("MasterRenamed")
	cluster.Eventually(t, 2*time.Minute, "a pod of the new name, which runs", func(ctx context.Context) error {
		pods, err := r.Pods(ctx, r.namespace, cluster.RedisSelector(r.name)+",redis-sentinel-k8s/master-name=orders")
		for _, pod := range pods {
			if pod.Status.Phase == corev1.PodRunning {
				return nil
			}
		}
		return errors.Join(err, errors.New("none"))
	})
	l.awaitMore(t, 1000)
	pods, err := r.Pods(t.Context(), r.namespace, cluster.RedisSelector(r.name))
	if err != nil {
		t.Fatal(err)
	}
	for name, pod := range pods {
		if renamed := pod.Labels["redis-sentinel-k8s/master-name"] == "orders"; renamed == cluster.Ready(pod) {
			t.Errorf("%s is renamed: %v, and ready: %v", name, renamed, cluster.Ready(pod))
		}
	}
	for _, addr := range r.sentinels() {
		if told, err := sentinelAt(t, addr).GetMasterAddrByName(t.Context(), "orders").Result(); err == nil {
			t.Errorf("%s names a master of the new name: %v", addr, told)
		}
	}
	rename("mymaster")
	r.ready(3)
	after := r.settled(3)
	l.end()
	if lost := l.lost(t.Context(), t, node(t, after)); lost > 0 {
		t.Errorf("%d of %d acknowledged writes lost", lost, l.count())
	}
	t.Logf("the master was %s and is %s", before, after)
}
