package chart_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestGuards: what a running release does not survive is refused where Helm can ask the cluster for
// it; the same values once more are no change at all.
func TestGuards(t *testing.T) {
	s := startAPI(t)
	admin, err := s.plane.Client()
	if err != nil {
		t.Fatal(err)
	}
	password := values{"auth": values{"existingSecret": "redis"}}
	encrypted := values{"redis": values{"tls": values{"enabled": true, "existingSecret": "cert"}}}
	valkey := func(tag string) values {
		return values{"redis": values{"image": values{"repository": "valkey/valkey", "tag": tag}}}
	}
	redis := func(tag string) values { return values{"redis": values{"image": values{"tag": tag}}} }
	for _, test := range []struct {
		name          string
		before, after values
		refused       string
	}{
		{"nothing", nil, nil, ""},
		{"everything as it was", secure("deployment"), secure("deployment"), ""},
		{"a password as it was", password, password, ""},
		{"another password", password, values{"auth": values{"existingSecret": "other"}}, ""},
		{"a password", nil, password, "auth.existingSecret: a password cannot be introduced"},
		{"no password", password, nil, "auth.existingSecret: a password cannot be introduced or dropped"},
		{"TLS as it was", encrypted, encrypted, ""},
		{"TLS", nil, encrypted, "redis.tls.enabled"},
		{"no TLS", encrypted, nil, "redis.tls.enabled"},
		{"another master", nil, values{"masterName": "orders"}, "masterName: mymaster cannot become orders"},
		{"a number as it was", values{"masterName": 123}, values{"masterName": "123"}, ""},
		{"another port", nil, values{"service": values{"port": 6380}}, ""},
		{"a later Redis", redis("7.0"), redis("8.0-alpine"), ""},
		{"a later patch", redis("8.0.2"), redis("8"), ""},
		{"a later Valkey", valkey("8.1"), valkey("9.0"), ""},
		{"Valkey once more", valkey("9.1"), valkey("8.1"), ""},
		{"from Redis 7.0 to Valkey", redis("7.0"), valkey("8.1"), ""},
		{"from Valkey to Redis 8", valkey("8.1"), redis("8.0"), ""},
		{"nobody knows", redis("8.0"), redis("latest"), ""},
		{"nor this", values{"redis": values{"image": values{"repository": "example.com/cache", "tag": "8.0"}}}, redis("7.0"), ""},
		{"an older Redis", redis("8.0-alpine"), redis("7.0"), "dev-redis-cache-0, runs redis:8.0-alpine, and redis:7.0 cannot read"},
		{"a much older one", redis("7.0"), redis("6.2"), "redis:6.2 cannot read"},
		{"from Redis 8 to Valkey", redis("8.0"), valkey("9.0"), "valkey/valkey:9.0 cannot read"},
		{"from Valkey to Redis 7.0", valkey("8.1"), redis("7.0"), "redis:7.0 cannot read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			sets, pods := admin.AppsV1().StatefulSets(apiNamespace), admin.CoreV1().Pods(apiNamespace)
			set := render(t, "dev", test.before).statefulSets["dev-redis-cache"]
			set.Spec.Replicas = new(int32(0)) // its controller lives
			if _, err := sets.Create(t.Context(), set, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			master := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "dev-redis-cache-0", Labels: maps.Clone(set.Spec.Template.Labels)}, Spec: set.Spec.Template.Spec}
			master.Labels["redis-sentinel-k8s/role"] = "master"
			delete(master.Labels, "app.kubernetes.io/component") // it is nobody's, and no controller adopts it
			if _, err := pods.Create(t.Context(), master, metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			defer func() {
				gone := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}
				if err := errors.Join(pods.Delete(t.Context(), master.Name, gone), sets.Delete(t.Context(), set.Name, gone)); err != nil {
					t.Error(err)
				}
			}()
			out, errOut, err := helm(t, "template", "dev", chartFolder, "-n", apiNamespace, "--dry-run=server", "--kubeconfig", s.plane.Kubeconfig(), "-f", valuesFile(t, test.after))
			switch {
			case test.refused == "" && err != nil:
				t.Errorf("refused: %s", errOut)
			case test.refused != "" && (err == nil || !strings.Contains(errOut, test.refused)):
				t.Errorf("want it refused with %q: %v %s%s", test.refused, err, errOut, out[:min(len(out), 200)])
			}
		})
	}
}
