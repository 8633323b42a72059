package chart_test

import (
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func TestAServiceForEachPod(t *testing.T) {
	o := render(t, "dev", values{
		"replicaCount": 2, "masterName": "cache", "service": values{"annotations": values{"a": "all", "b": "all"}},
		"announce": values{"services": values{"enabled": true, "type": "NodePort", "annotations": values{"b": "pods"}}},
	})
	watched := watchedBy(t, o)
	for i := range 2 {
		name := fmt.Sprintf("dev-redis-cache-%d", i)
		service := o.services[name]
		if service == nil {
			t.Fatalf("no Service %s", name)
		}
		if service.Spec.Type != corev1.ServiceTypeNodePort || service.Spec.Selector["statefulset.kubernetes.io/pod-name"] != name {
			t.Errorf("%s is a %s for %v", name, service.Spec.Type, service.Spec.Selector)
		}
		if service.Labels["redis-sentinel-k8s/master-name"] != "cache" || !watched.Matches(labels.Set(service.Labels)) {
			t.Errorf("the service does not see %s with %v", name, service.Labels)
		}
		if service.Annotations["a"] != "all" || service.Annotations["b"] != "pods" {
			t.Errorf("%s has annotations %v", name, service.Annotations)
		}
	}
	if !slices.Contains(sentinelOf(t, o).Args, "--announce-services") {
		t.Error("the service is not told of the Services")
	}
	reads := slices.ContainsFunc(o.roles["dev-redis-cache"].Rules, func(rule rbacv1.PolicyRule) bool {
		return slices.Contains(rule.Resources, "services") && slices.Equal(rule.Verbs, []string{"get", "list", "watch"})
	})
	if !reads {
		t.Error("the service may not read Services")
	}
}

// watchedBy is the selector of the service.
func watchedBy(t *testing.T, o objects) labels.Selector {
	t.Helper()
	return selectors(t, o)["--selector="]
}

func TestNamesAreAnnounced(t *testing.T) {
	args := sentinelOf(t, render(t, "dev", values{"announce": values{"hostnames": true}, "clusterDomain": "k8s.example"})).Args
	for _, want := range []string{"--announce-hostnames", "--cluster-domain=k8s.example"} {
		if !slices.Contains(args, want) {
			t.Errorf("no %s in %v", want, args)
		}
	}
}
