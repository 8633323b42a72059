package chart_test

import (
	"slices"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// TestWhoWritesTheMastersEndpoints: either the service does, and then no pod of the release
// is selected by Kubernetes, or Kubernetes does, and the service is not asked to.
func TestWhoWritesTheMastersEndpoints(t *testing.T) {
	for _, placement := range []string{"deployment", "sidecar"} {
		for mode, byService := range map[string]bool{"slice": true, "labels": false} {
			o := render(t, "dev", values{"service": values{"masterEndpoints": mode, "name": "cache"}, "sentinel": values{"placement": placement}})
			service := o.services["dev-redis-cache-master"]
			selector := labels.SelectorFromSet(service.Spec.Selector)
			pod := labels.Merge(o.statefulSets["dev-redis-cache"].Spec.Template.Labels, labels.Set{"redis-sentinel-k8s/role": "master"})
			chosen := selector.Matches(pod)
			if len(service.Spec.Selector) == 0 || chosen == byService {
				t.Errorf("%s: the Service selects %v, a pod of the release: %t", mode, service.Spec.Selector, chosen)
			}
			if labelled := labels.Merge(pod, labels.Set{"redis-sentinel-k8s/endpoint": "master"}); byService && !selector.Matches(labelled) {
				t.Errorf("without the right to write endpoints the Service finds no pod by %s", selector)
			}
			want := ""
			if byService {
				want = "dev-redis-cache-master:" + service.Spec.Ports[0].Name
			}
			if got := o.statefulSets["dev-redis-cache"].Annotations["redis-sentinel-k8s/master-service"]; got != want {
				t.Errorf("%s: the service is told of %q, want %q", mode, got, want)
			}
			if may := mayOnSlices(o, "create") && mayOnSlices(o, "update"); may != byService {
				t.Errorf("%s: the service may write endpoints: %t", mode, may)
			}
			if !mayOnSlices(o, "delete") || !mayOnSlices(o, "list") {
				t.Errorf("%s: what was written with another value stays", mode)
			}
		}
	}
}

func mayOnSlices(o objects, verb string) bool {
	return slices.ContainsFunc(o.roles["dev-redis-cache"].Rules, func(rule rbacv1.PolicyRule) bool {
		return slices.Contains(rule.Resources, "endpointslices") && slices.Contains(rule.Verbs, verb)
	})
}
