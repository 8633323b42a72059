package chart_test

import (
	"strings"
	"testing"

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
		{"a later Redis", redis("7.4"), redis("8.0"), ""},
		{"a later Valkey", valkey("8.1"), valkey("9.0"), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			sets := admin.AppsV1().StatefulSets(apiNamespace)
			if _, err := sets.Create(t.Context(), render(t, "dev", test.before).statefulSets["dev-redis-cache"], metav1.CreateOptions{}); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := sets.Delete(t.Context(), "dev-redis-cache", metav1.DeleteOptions{}); err != nil {
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
