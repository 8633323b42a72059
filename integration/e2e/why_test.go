package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis/go-redis/v9"
)

// TestNoMasterAndWhy: a set that gets no master, since its Redis wants a password that nobody
// knows, or since its pods cannot be scheduled. An Event, the log of the service and SENTINEL
// WHY tell the cause; and once it is mended all is well.
func TestNoMasterAndWhy(t *testing.T) {
	r := &release{Cluster: cluster.Start(t, cluster.Options{}), t: t, namespace: "test", name: "dev"}
	r.Install(t, r.namespace, r.name, cluster.Values{"redis": cluster.Values{"extraArgs": []string{"--requirepass", "secret"}}})
	t.Cleanup(func() {
		if t.Failed() {
			r.dump()
		}
	})
	r.ReadyPods(t, 2*time.Minute, r.namespace, cluster.ServiceSelector(r.name), 3)
	const noPassword = "dev-redis-cache-0, dev-redis-cache-1, dev-redis-cache-2: it wants a password, and none is given (NOAUTH)"
	r.tellsWhy("NoMaster", noPassword)
	r.Upgrade(t, r.namespace, r.name, nil)
	// A pod that is not ready is not replaced by a rollout (Kubernetes, forced rollback).
	r.MustKubectl(t, "delete", "pod", "-n", r.namespace, "-l", cluster.RedisSelector(r.name))
	r.ready(3)
	r.settled(3)

	r.Upgrade(t, r.namespace, r.name, cluster.Values{"replicaCount": 1, "redis": cluster.Values{"nodeSelector": cluster.Values{"no": "such-node"}}})
	r.MustKubectl(t, "delete", "pod", "-n", r.namespace, "-l", cluster.RedisSelector(r.name), "--grace-period=0", "--force")
	r.tellsWhy("NoMaster", "no node takes it: Unschedulable")
}

// TestPasswordFromAFile: what kubectl create secret --from-file leaves at its end is nobody's
// password; and such a release is upgraded like any other.
func TestPasswordFromAFile(t *testing.T) {
	r := &release{Cluster: cluster.Start(t, cluster.Options{}), t: t, namespace: "test", name: "dev"}
	r.MustKubectl(t, "create", "namespace", r.namespace)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "redis"}, Data: map[string][]byte{"password": []byte("secret\r\n")}}
	if _, err := r.Client.CoreV1().Secrets(r.namespace).Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	values := func(template string) cluster.Values {
		return cluster.Values{
			"auth":  cluster.Values{"existingSecret": "redis"},
			"redis": cluster.Values{"podAnnotations": cluster.Values{"template": template}},
		}
	}
	r.Install(t, r.namespace, r.name, values("first"))
	t.Cleanup(func() {
		if t.Failed() {
			r.dump()
		}
	})
	r.ready(3)
	check := func() {
		c := redis.NewClient(&redis.Options{Addr: r.settled(3), Password: "secret", MaxRetries: -1})
		defer c.Close()
		if err := c.Set(t.Context(), "k", "v", 0).Err(); err != nil {
			t.Error(err)
		}
	}
	check()
	r.Upgrade(t, r.namespace, r.name, values("second"))
	r.MustKubectl(t, "rollout", "status", "statefulset", "-n", r.namespace, "-l", cluster.RedisSelector(r.name), "--timeout=180s")
	r.ready(3)
	check()
}

// tellsWhy waits until SENTINEL WHY, an Event and a log of the service tell a cause.
func (r *release) tellsWhy(reason, cause string) {
	r.t.Helper()
	cluster.Eventually(r.t, time.Minute, "SENTINEL WHY tells "+cause, func(context.Context) error {
		if why := r.why(); !strings.Contains(why, cause) {
			return fmt.Errorf("it says %s", why)
		}
		return nil
	})
	cluster.Eventually(r.t, time.Minute, "an Event tells "+cause, func(ctx context.Context) error {
		events, err := r.Client.CoreV1().Events(r.namespace).List(ctx, metav1.ListOptions{FieldSelector: "type=Warning,reason=" + reason})
		if err != nil {
			return err
		}
		var told []string
		for _, e := range events.Items {
			if strings.Contains(e.Message, cause) && e.InvolvedObject.Kind == "StatefulSet" {
				return nil
			}
			told = append(told, e.Message)
		}
		return fmt.Errorf("they tell %q", told)
	})
}
