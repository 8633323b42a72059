package chart_test

import (
	"maps"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestPodsLeaveLostNodes: after a time that can be chosen, or left to the cluster, beside
// what the user tolerates himself.
func TestPodsLeaveLostNodes(t *testing.T) {
	own := values{"tolerations": []values{{"key": "cache", "operator": "Exists"}}}
	chosen := func(seconds any) values {
		v := values{"tolerationSeconds": seconds}
		maps.Copy(v, own)
		return v
	}
	lost := func(seconds int64) map[string]int64 {
		return map[string]int64{"node.kubernetes.io/not-ready": seconds, "node.kubernetes.io/unreachable": seconds}
	}
	for _, test := range []struct {
		values          values
		redis, sentinel map[string]int64
	}{
		{values{}, lost(60), lost(30)},
		{values{"redis": chosen(7), "sentinel": chosen(0)}, lost(7), lost(0)},
		{values{"redis": chosen(nil), "sentinel": chosen(nil)}, map[string]int64{}, map[string]int64{}},
	} {
		o := render(t, "dev", test.values)
		for name, pods := range map[string]struct {
			have []corev1.Toleration
			want map[string]int64
		}{
			"Redis":       {o.statefulSets["dev-redis-cache"].Spec.Template.Spec.Tolerations, test.redis},
			"the service": {o.deployments["dev-redis-cache-sentinel"].Spec.Template.Spec.Tolerations, test.sentinel},
		} {
			got, others := map[string]int64{}, 0
			for _, toleration := range pods.have {
				if toleration.TolerationSeconds == nil {
					others++
				} else {
					got[toleration.Key] = *toleration.TolerationSeconds
				}
			}
			if !maps.Equal(got, pods.want) || others != len(test.values)/2 {
				t.Errorf("%v: %s tolerates %v and %d others, want %v", test.values, name, got, others, pods.want)
			}
		}
	}
}
