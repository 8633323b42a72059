package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestValuesOfARunningRelease: values that a running set does not survive are refused by
// the upgrade, with the reason; another port rolls out like any other change.
func TestValuesOfARunningRelease(t *testing.T) {
	r := install(t, nil)
	r.settled(3)
	for _, refused := range []struct{ value, say string }{
		{"masterName=orders", "masterName: mymaster cannot become orders"},
		{"replicaCount=1,redis.image.tag=8.99", "replicaCount: from 3 servers to 1 and another image at once"},
		{"auth.existingSecret=secret", "auth.existingSecret: a password cannot be introduced"},
		{"redis.tls.enabled=true,redis.tls.existingSecret=certificate", "redis.tls.enabled: TLS cannot be switched on"},
	} {
		out, err := r.Helm(t.Context(), "upgrade", r.name, r.Chart, "-n", r.namespace, "--set", refused.value)
		if err == nil {
			t.Errorf("%s was accepted: %s", refused.value, out)
		} else if !strings.Contains(err.Error(), refused.say) {
			t.Errorf("%s: refused without %q: %v", refused.value, refused.say, err)
		}
	}
	l := startLoad(t, r.client(), "w")
	began := time.Now()
	r.Upgrade(t, r.namespace, r.name, cluster.Values{"service": cluster.Values{"port": 6380}})
	r.MustKubectl(t, "rollout", "status", "statefulset", "-n", r.namespace, "-l", cluster.RedisSelector(r.name), "--timeout=180s")
	r.ready(3)
	master := r.settled(3)
	if !strings.HasSuffix(master, ":6380") {
		t.Errorf("after the upgrade the master is %s", master)
	}
	l.awaitMore(t, 500)
	gap, _ := l.gap(began)
	l.end()
	if lost := l.lost(t.Context(), t, node(t, master)); lost > 0 {
		t.Errorf("%d of %d acknowledged writes lost", lost, l.count())
	}
	t.Logf("another port rolled out; longest gap between acknowledged writes %s; errors to the client: %v", round(gap), l.errors)
}
