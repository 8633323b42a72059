package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// get reads a page of a service pod: /readyz or /metrics.
func get(ctx context.Context, sentinel, path string) (int, string, error) {
	host, _, _ := strings.Cut(sentinel, ":")
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+":9121"+path, nil)
	if err != nil {
		return 0, "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

// notReady waits until a service pod says that it is not ready, and why.
func notReady(t *testing.T, sentinel string, why ...string) {
	t.Helper()
	cluster.Eventually(t, 60*time.Second, "not ready because of "+strings.Join(why, ", "), func(ctx context.Context) error {
		code, body, err := get(ctx, sentinel, "/readyz")
		if err != nil || code != http.StatusServiceUnavailable {
			return fmt.Errorf("%d %s (%w)", code, body, err)
		}
		for _, part := range why {
			if !strings.Contains(body, part) {
				return fmt.Errorf("%q does not say %q", body, part)
			}
		}
		return nil
	})
}

// awaitEvent waits for a Kubernetes Event.
func (r *release) awaitEvent(reason, text string) {
	r.t.Helper()
	cluster.Eventually(r.t, 60*time.Second, "a Kubernetes Event "+reason, func(ctx context.Context) error {
		out, err := r.Kubectl(ctx, "get", "events", "-n", r.namespace, "-o", "json")
		if err != nil {
			return err
		}
		var list struct {
			Items []struct{ Reason, Message string }
		}
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			return err
		}
		for _, e := range list.Items {
			if e.Reason == reason && strings.Contains(e.Message, text) {
				return nil
			}
		}
		return fmt.Errorf("%d events, none of it", len(list.Items))
	})
}

// TestMissingPermission: without a verb the service says which, is not ready after the
// grace period, goes on answering what it knows, and resumes when the verb is granted.
func TestMissingPermission(t *testing.T) {
	r := install(t, cluster.Values{"sentinel": cluster.Values{"extraArgs": []string{"--api-grace=2s"}}})
	master := r.settled(3)
	role := strings.TrimSpace(r.MustKubectl(t, "get", "role", "-n", r.namespace, "-o", "name", "-l", "app.kubernetes.io/instance="+r.name))
	whole := r.MustKubectl(t, "get", role, "-n", r.namespace, "-o", "jsonpath={.rules}")
	var rules []map[string][]string
	if err := json.Unmarshal([]byte(whole), &rules); err != nil {
		t.Fatal(err)
	}
	for _, rule := range rules {
		if strings.Contains(strings.Join(rule["resources"], " "), "leases") {
			rule["verbs"] = []string{"list", "watch", "get", "create"}
		}
	}
	r.setRules(role, rules)
	for _, addr := range r.sentinels() {
		if got := namedBy(t, addr); got != master {
			t.Errorf("%s names %s, want %s", addr, got, master)
		}
	}
	r.eventuallyNotReady("update", "leases")
	if err := json.Unmarshal([]byte(whole), &rules); err != nil {
		t.Fatal(err)
	}
	r.setRules(role, rules)
	r.ready(3)
	r.kill(r.podAt(master))
	r.moved(master)
	r.settled(3)
}

// eventuallyNotReady waits until some replica, the one that wanted to write, says why.
func (r *release) eventuallyNotReady(why ...string) {
	r.t.Helper()
	cluster.Eventually(r.t, 60*time.Second, "a replica that tells what it may not", func(ctx context.Context) error {
		said := ""
		for _, addr := range r.sentinels() {
			_, body, err := get(ctx, addr, "/readyz")
			if err != nil {
				return err
			}
			said += body
		}
		for _, part := range why {
			if !strings.Contains(said, part) {
				return fmt.Errorf("%q does not say %q", said, part)
			}
		}
		return nil
	})
}

func (r *release) setRules(role string, rules any) {
	r.t.Helper()
	patch, err := json.Marshal(map[string]any{"rules": rules})
	if err != nil {
		r.t.Fatal(err)
	}
	r.MustKubectl(r.t, "patch", role, "-n", r.namespace, "--type=merge", "-p", string(patch))
}

// namedBy is the master that one replica of the service names.
func namedBy(t *testing.T, sentinel string) string {
	t.Helper()
	s := redis.NewSentinelClient(&redis.Options{Addr: sentinel})
	defer s.Close()
	addr, err := s.GetMasterAddrByName(t.Context(), "mymaster").Result()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(addr, ":")
}

// TestAPIServerAway: queries go on, nobody is promoted, the data is kept, and all
// resumes. Readiness tells it after the grace period.
func TestAPIServerAway(t *testing.T) {
	r := install(t, cluster.Values{"sentinel": cluster.Values{"extraArgs": []string{"--api-grace=2s"}}})
	master := r.settled(3)
	client := r.client()
	preload(t, client)
	sentinels := r.sentinels()
	pod := r.podAt(master)
	if err := r.Plane.StopAPI(); err != nil {
		t.Fatal(err)
	}
	r.kill(pod)
	for _, addr := range sentinels {
		notReady(t, addr, "reach")
		if got := namedBy(t, addr); got != master {
			t.Errorf("%s names %s while nothing can be decided, want %s", addr, got, master)
		}
	}
	if err := r.Plane.StartAPI(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := r.moved(master)
	if got := keptKeys(t.Context(), t, node(t, next)); got != preloaded {
		t.Errorf("%d of %d keys on the new master", got, preloaded)
	}
	r.ready(3)
	r.settled(3)
}

// TestInvalidAnnotation: the mistake is told with its value and what is allowed,
// and the last good value stays.
func TestInvalidAnnotation(t *testing.T) {
	r := install(t, cluster.Values{"sentinel": cluster.Values{"downAfterMilliseconds": 7000}})
	r.settled(3)
	set := strings.TrimSpace(r.MustKubectl(t, "get", "statefulset", "-n", r.namespace, "-o", "name"))
	r.MustKubectl(t, "annotate", set, "-n", r.namespace, "--overwrite", "redis-sentinel-k8s/down-after-milliseconds=soon")
	r.awaitEvent("InvalidOption", `"soon"`)
	s := redis.NewSentinelClient(&redis.Options{Addr: r.sentinels()[0]})
	defer s.Close()
	m, err := s.Master(t.Context(), "mymaster").Result()
	if err != nil || m["down-after-milliseconds"] != "7000" {
		t.Errorf("down-after-milliseconds %s (%v), want the last good value 7000", m["down-after-milliseconds"], err)
	}
	r.MustKubectl(t, "annotate", set, "-n", r.namespace, "--overwrite", "redis-sentinel-k8s/down-after-milliseconds=9000")
	cluster.Eventually(t, 30*time.Second, "the new value", func(ctx context.Context) error {
		m, err := s.Master(ctx, "mymaster").Result()
		if err != nil || m["down-after-milliseconds"] != "9000" {
			return fmt.Errorf("%s (%w)", m["down-after-milliseconds"], err)
		}
		return nil
	})
}

// TestTwoClaims: of two StatefulSets with one master name the older keeps it; the
// other is reported and its pods are never made anybody's replica.
func TestTwoClaims(t *testing.T) {
	r := install(t, cluster.Values{"antiAffinity": "none"})
	master := r.settled(3)
	var set map[string]any
	if err := json.Unmarshal([]byte(r.MustKubectl(t, "get", "statefulset", "-n", r.namespace, "dev-redis-cache", "-o", "json")), &set); err != nil {
		t.Fatal(err)
	}
	spec := set["spec"].(map[string]any)
	spec["replicas"] = 1
	selector := map[string]any{"app.kubernetes.io/instance": r.name, "claim": "second"}
	spec["selector"] = map[string]any{"matchLabels": selector}
	labels := spec["template"].(map[string]any)["metadata"].(map[string]any)["labels"].(map[string]any)
	labels["claim"] = "second"
	delete(spec["template"].(map[string]any)["spec"].(map[string]any), "affinity")
	rival, err := json.Marshal(map[string]any{
		"apiVersion": "apps/v1", "kind": "StatefulSet", "spec": spec,
		"metadata": map[string]any{"name": "rival", "namespace": r.namespace},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.apply(string(rival))
	r.RunningPods(t, time.Minute, r.namespace, "claim=second", 1)
	r.awaitEvent("DuplicateMaster", "mymaster")
	pods, err := r.Pods(t.Context(), r.namespace, "claim=second")
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods {
		// Its Redis was seen by nobody: it still is as it was born.
		text, err := node(t, pod.Status.PodIP+":6379").Info(t.Context(), "replication").Result()
		if err != nil || !strings.Contains(text, "master_host:127.0.0.1") {
			t.Errorf("the rival's pod was touched (%v):\n%s", err, text)
		}
	}
	if got := r.settled(3); got != master {
		t.Errorf("the master moved from %s to %s", master, got)
	}
	_, metrics, err := get(t.Context(), r.sentinels()[0], "/metrics")
	if err != nil || !strings.Contains(metrics, `redis_sentinel_k8s_k8s_problems_total{kind="DuplicateMaster",master="mymaster"} 1`) {
		t.Errorf("the metric does not tell it (%v)", err)
	}
}

func (r *release) apply(object string) {
	r.t.Helper()
	file := r.t.TempDir() + "/object.json"
	if err := writeFile(file, object); err != nil {
		r.t.Fatal(err)
	}
	r.MustKubectl(r.t, "apply", "-f", file)
}
