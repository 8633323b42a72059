package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestDeletePod: the master's pod is deleted under load, again and again.
func TestDeletePod(t *testing.T) {
	r := install(t, nil)
	r.settled(3)
	l := startLoad(t, r.client(), "w")
	var gaps figures
	for n := range rounds(t, 20) {
		master := r.settled(3)
		pod := r.podAt(master)
		began := time.Now()
		r.MustKubectl(t, "delete", "pod", pod, "-n", r.namespace, "--wait=false")
		next := r.moved(master)
		l.awaitMore(t, 500)
		gap, _ := l.gap(began)
		gaps = append(gaps, gap)
		if lost := l.lost(t.Context(), t, node(t, next)); lost > 0 {
			t.Fatalf("round %d: %d of %d acknowledged writes lost", n, lost, l.count())
		}
		r.ready(3)
	}
	l.end()
	master := r.settled(3)
	if lost := l.lost(t.Context(), t, node(t, master)); lost > 0 {
		t.Errorf("%d of %d acknowledged writes lost", lost, l.count())
	}
	t.Logf("longest gap between acknowledged writes: %s", gaps)
	t.Logf("acknowledged writes: %d, lost: 0; refused with an error to the client: %v", l.count(), l.errors)
}

// moved waits until the service names another master.
func (r *release) moved(from string) string {
	r.t.Helper()
	return r.movedBy(from, nil)
}

// movedBy is moved by what these replicas of the service tell.
func (r *release) movedBy(from string, sentinels []string) string {
	r.t.Helper()
	var next string
	cluster.Eventually(r.t, 30*time.Second, "another master than "+from, func(context.Context) error {
		if next = r.masterBy(sentinels); next == from {
			return fmt.Errorf("still %s", next)
		}
		return nil
	})
	return next
}

// TestUpgrade: a change of values rolls all pods under load, and a rollback does so again.
// The master is switched once each time: it goes to no pod that is still to be replaced.
func TestUpgrade(t *testing.T) {
	r := install(t, nil)
	for r.podAt(r.settled(3)) != "dev-redis-cache-0" {
		r.failover()
	}
	l := startLoad(t, r.client(), "w")
	r.rolls(l, "upgrade", func() {
		r.Upgrade(t, r.namespace, r.name, cluster.Values{
			"redis":    cluster.Values{"podAnnotations": cluster.Values{"rolled": "yes"}},
			"sentinel": cluster.Values{"podAnnotations": cluster.Values{"rolled": "yes"}},
		})
	})
	r.rolls(l, "rollback", func() {
		if _, err := r.Helm(t.Context(), "rollback", r.name, "-n", r.namespace); err != nil {
			t.Fatal(err)
		}
	})
	l.end()
	if lost := l.lost(t.Context(), t, node(t, r.settled(3))); lost > 0 {
		t.Errorf("%d of %d acknowledged writes lost", lost, l.count())
	}
	t.Logf("errors to the client: %v", l.errors)
}

// rolls waits until a change has replaced all pods, and counts the masters that it took.
func (r *release) rolls(l *load, what string, change func()) {
	r.t.Helper()
	before, began := r.epoch(), time.Now()
	change()
	r.MustKubectl(r.t, "rollout", "status", "statefulset", "-n", r.namespace, "-l", cluster.RedisSelector(r.name), "--timeout=180s")
	r.MustKubectl(r.t, "rollout", "status", "deployment", "-n", r.namespace, "-l", cluster.ServiceSelector(r.name), "--timeout=180s")
	took := time.Since(began)
	r.ready(3)
	l.awaitMore(r.t, 500)
	master := r.podAt(r.settled(3))
	if switches := r.epoch() - before; switches != 1 {
		r.t.Errorf("%s: %d switches, want one", what, switches)
	}
	gap, _ := l.gap(began)
	r.t.Logf("%s: all pods rolled in %s, the master is %s; longest gap between acknowledged writes %s", what, took.Round(time.Second), master, round(gap))
}

// TestTotalLoss: all Redis pods go at once, then the whole release is restarted.
// A cache may be empty after that, but it must be writable without a hand.
func TestTotalLoss(t *testing.T) {
	r := install(t, nil)
	r.settled(3)
	writable := func(what string) {
		t.Helper()
		client := r.client()
		cluster.Eventually(t, 90*time.Second, "a writable master after "+what, func(ctx context.Context) error {
			return client.Set(ctx, "k", what, 0).Err()
		})
		r.settled(3)
	}
	writable("install")
	// Without a grace period nobody can hand over: the pods just end.
	r.MustKubectl(t, "delete", "pod", "-n", r.namespace, "-l", cluster.RedisSelector(r.name), "--grace-period=0", "--force")
	r.ready(3)
	writable("the loss of all Redis pods")
	r.MustKubectl(t, "delete", "pod", "-n", r.namespace, "-l", "app.kubernetes.io/instance="+r.name, "--grace-period=0", "--force")
	r.ready(3)
	writable("the restart of the whole release")
	r.MustKubectl(t, "delete", "pod", "-n", r.namespace, "-l", "app.kubernetes.io/instance="+r.name, "--wait=false")
	r.replaced()
	r.ready(3)
	writable("a graceful restart of the whole release")
}

// replaced waits until no pod of the release is terminating any more.
func (r *release) replaced() {
	r.t.Helper()
	cluster.Eventually(r.t, 2*time.Minute, "all pods replaced", func(ctx context.Context) error {
		pods, err := r.Client.CoreV1().Pods(r.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for i := range pods.Items {
			if pods.Items[i].DeletionTimestamp != nil {
				return fmt.Errorf("%s is still there", pods.Items[i].Name)
			}
		}
		return nil
	})
}

// TestServiceRestart: the service's pods are replaced one by one, then all at
// once, under load. No Redis may notice.
func TestServiceRestart(t *testing.T) {
	r := install(t, nil)
	r.fenced() // the fence is told once, a moment after all is in sync
	l := startLoad(t, r.client(), "w")
	before := r.commands()
	pods, err := r.Pods(t.Context(), r.namespace, cluster.ServiceSelector(r.name))
	if err != nil {
		t.Fatal(err)
	}
	for name := range pods {
		r.MustKubectl(t, "delete", "pod", name, "-n", r.namespace)
		r.ready(3)
		l.awaitMore(t, 200)
	}
	r.MustKubectl(t, "delete", "pod", "-n", r.namespace, "-l", cluster.ServiceSelector(r.name), "--grace-period=0", "--force")
	l.awaitMore(t, 500)
	r.replaced()
	r.ready(3)
	r.settled(3)
	l.awaitMore(t, 500)
	l.end()
	if len(l.errors) > 0 {
		t.Errorf("errors on data connections: %v", l.errors)
	}
	for what, n := range r.commands() {
		if n != before[what] {
			t.Errorf("%s: %d calls before, %d after", what, before[what], n)
		}
	}
	t.Logf("%d writes acknowledged, none refused", l.count())
}

var getOptions = metav1.GetOptions{}

// commands counts the commands on each Redis that change it for somebody.
func (r *release) commands() map[string]int {
	r.t.Helper()
	calls := map[string]int{}
	for _, addr := range r.redisAddrs() {
		text, err := node(r.t, addr).Info(r.t.Context(), "commandstats").Result()
		if err != nil {
			r.t.Fatal(err)
		}
		for _, name := range []string{"replicaof", "slaveof", "config|set", "client|kill", "client|pause", "failover"} {
			calls[addr+" "+name] = callsOf(text, name)
		}
	}
	return calls
}
