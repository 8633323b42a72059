package e2e

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestSilentKubelet: the kubelet of the master's node is dead, and Redis lives. The real
// node controller finds that out after 40 to 50 s and takes the readiness of the node's
// pods. The master is handed over soon after that, nothing lost, and not back when the
// kubelet is.
func TestSilentKubelet(t *testing.T) {
	r := install(t, nil)
	master := r.settled(3)
	pod := r.podAt(master)
	object, err := r.Client.CoreV1().Pods(r.namespace).Get(t.Context(), pod, getOptions)
	if err != nil {
		t.Fatal(err)
	}
	silent := object.Spec.NodeName
	l := startLoad(t, r.client(), "w")
	if err := r.Agent.SilenceNode(silent); err != nil {
		t.Fatal(err)
	}
	epoch := r.epoch()
	cluster.Eventually(t, 90*time.Second, "the pod is not ready", func(ctx context.Context) error {
		now, err := r.Client.CoreV1().Pods(r.namespace).Get(ctx, pod, getOptions)
		if err == nil && cluster.Ready(*now) {
			err = errors.New("it is")
		}
		return err
	})
	unready := time.Now()
	if r.epoch() != epoch {
		t.Errorf("somebody was chosen before the pod was known not to be ready")
	}
	next := r.moved(master)
	took := time.Since(unready)
	if took > 15*time.Second { // Redis lives: nothing else moves it, and a second time is a minute later
		t.Errorf("handed over after %s, want less than 15s", round(took))
	}
	l.awaitMore(t, 500)
	l.end()
	gap, _ := l.gap(unready.Add(-time.Second))
	if lost := l.lost(t.Context(), t, node(t, next)); lost > 0 {
		t.Errorf("%d of %d acknowledged writes lost", lost, l.count())
	}
	heir, err := r.Client.CoreV1().Pods(r.namespace).Get(t.Context(), r.podAt(next), getOptions)
	if err != nil || !cluster.Ready(*heir) || heir.Spec.NodeName == silent {
		t.Errorf("the new master's pod is on %s, ready %t (%v)", heir.Spec.NodeName, cluster.Ready(*heir), err)
	}
	if err := r.Agent.HearNode(silent); err != nil {
		t.Fatal(err)
	}
	r.ready(3)
	if back := r.settled(3); back != next {
		t.Errorf("%s is master once the kubelet is back, want %s still", back, next)
	}
	t.Logf("handed over %s after the pod was not ready, longest gap between acknowledged writes %s", round(took), round(gap))
}
