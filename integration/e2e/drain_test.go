package e2e

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestDrain: the nodes of two masters are drained by kubectl, one after the other,
// under load. The eviction is announced, so the master hands over; while its pod goes,
// the budget lets no other one go.
func TestDrain(t *testing.T) {
	r := installOn(t, cluster.Options{Nodes: 5}, nil)
	r.settled(3)
	l := startLoad(t, r.client(), "w")
	began := time.Now()
	for range 2 {
		master := r.settled(3)
		pod, err := r.Client.CoreV1().Pods(r.namespace).Get(t.Context(), r.podAt(master), getOptions)
		if err != nil {
			t.Fatal(err)
		}
		drained := make(chan error, 1)
		go func() {
			_, err := r.Kubectl(t.Context(), "drain", pod.Spec.NodeName, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=120s")
			drained <- err
		}()
		r.onlyOneGoes(pod)
		if err := <-drained; err != nil {
			t.Fatal(err)
		}
		next := r.moved(master)
		if now := r.says("Stable", func(now record) bool { return now.Phase == "Stable" }); now.Master.addr() != next {
			t.Errorf("the record names %s, clients are told %s", now.Master.addr(), next)
		}
		r.ready(3)
	}
	master := r.settled(3)
	l.awaitMore(t, 500)
	gap, _ := l.gap(began)
	l.end()
	if lost := l.lost(t.Context(), t, node(t, master)); lost > 0 {
		t.Errorf("%d of %d acknowledged writes lost", lost, l.count())
	}
	t.Logf("two nodes of masters drained; longest gap between acknowledged writes %s; errors to the client: %v", round(gap), l.errors)
}

// onlyOneGoes waits until a pod is going, and asks then for the eviction of the
// others: the budget must refuse them while one is missing.
func (r *release) onlyOneGoes(pod *corev1.Pod) {
	r.t.Helper()
	cluster.Eventually(r.t, time.Minute, pod.Name+" is evicted", func(ctx context.Context) error {
		now, err := r.Client.CoreV1().Pods(r.namespace).Get(ctx, pod.Name, getOptions)
		if err == nil && now.UID == pod.UID && now.DeletionTimestamp == nil {
			err = errors.New("it stays")
		}
		return err
	})
	all, err := r.Pods(r.t.Context(), r.namespace, cluster.RedisSelector(r.name))
	if err != nil {
		r.t.Fatal(err)
	}
	for name, other := range all {
		if name == pod.Name || !cluster.Ready(other) { // one that is not ready serves nobody: the budget lets it go
			continue
		}
		err := r.Client.PolicyV1().Evictions(r.namespace).Evict(r.t.Context(), &policyv1.Eviction{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: r.namespace},
		})
		if !apierrors.IsTooManyRequests(err) {
			r.t.Errorf("eviction of %s while %s is going: %v, want that the budget refuses it", name, pod.Name, err)
		}
	}
}
