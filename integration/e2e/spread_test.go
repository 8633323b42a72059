package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestRolledServiceIsSpread: after a rollout, as after the first start, the service's
// pods lie on a node each. While it lasts, pods of both generations count if nobody says
// which of them will stay.
func TestRolledServiceIsSpread(t *testing.T) {
	r := install(t, nil)
	for round := range 4 {
		r.Upgrade(t, r.namespace, r.name, cluster.Values{"sentinel": cluster.Values{
			"podAnnotations": cluster.Values{"round": fmt.Sprint(round)}, "shutdownDelaySeconds": 0,
		}})
		r.MustKubectl(t, "rollout", "status", "deployment", "-n", r.namespace, "-l", cluster.ServiceSelector(r.name), "--timeout=180s")
		on := map[string]int{}
		for _, pod := range r.ReadyPods(t, 2*time.Minute, r.namespace, cluster.ServiceSelector(r.name), 3) {
			on[pod.Spec.NodeName]++
		}
		if len(on) != 3 {
			t.Errorf("after rollout %d the pods lie on %v", round+1, on)
		}
	}
}
