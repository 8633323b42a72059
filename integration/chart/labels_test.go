package chart_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLabelsAreThereOnce: kustomize, Flux and Argo CD refuse a key that is there twice. What is said
// of pods counts more than what is said of everything, and null takes a label away. A number is
// a string like any other.
func TestLabelsAreThereOnce(t *testing.T) {
	o := render(t, "dev", values{
		"commonLabels": values{"team": 7, "cost": "all", "gone": "x", "app.kubernetes.io/version": "mine", "big": 1000680000},
		"redis":        values{"podLabels": values{"cost": "redis", "gone": nil}},
		"sentinel":     values{"podLabels": values{"cost": true}},
	})
	want := func(component, cost, gone string) map[string]string {
		labels := map[string]string{
			"app.kubernetes.io/name": "redis-cache", "app.kubernetes.io/instance": "dev", "app.kubernetes.io/component": component,
			"app.kubernetes.io/version": "mine", "team": "7", "big": "1000680000", "cost": cost,
		}
		if component == "redis" {
			labels["redis-sentinel-k8s/master-name"] = "mymaster"
		}
		if gone != "" {
			labels["gone"] = gone
		}
		return labels
	}
	if diff := cmp.Diff(want("redis", "redis", ""), o.statefulSets["dev-redis-cache"].Spec.Template.Labels); diff != "" {
		t.Errorf("Redis' pods (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want("sentinel", "true", "x"), o.deployments["dev-redis-cache-sentinel"].Spec.Template.Labels); diff != "" {
		t.Errorf("the service's pods (-want +got):\n%s", diff)
	}
	if labels := o.services["dev-redis-cache"].Labels; labels["team"] != "7" || labels["app.kubernetes.io/version"] != "mine" || labels["app.kubernetes.io/managed-by"] != "Helm" {
		t.Errorf("a Service has %v", labels)
	}
}

// TestNodesMayBeEmptied: what lies in a pod's own volumes is missed by nobody, and the cluster
// autoscaler is told so of each of them.
func TestNodesMayBeEmptied(t *testing.T) {
	const annotation = "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes"
	for name, v := range map[string]values{"plain": nil, "everything": secure("deployment"), "sidecar": secure("sidecar")} {
		template := render(t, "dev", v).statefulSets["dev-redis-cache"].Spec.Template
		var local []string
		for _, volume := range template.Spec.Volumes {
			if volume.EmptyDir != nil || volume.HostPath != nil {
				local = append(local, volume.Name)
			}
		}
		if diff := cmp.Diff(strings.Join(local, ","), template.Annotations[annotation]); diff != "" || len(local) == 0 {
			t.Errorf("%s (-local +told):\n%s", name, diff)
		}
	}
	mine := render(t, "dev", values{"redis": values{"podAnnotations": values{annotation: ""}}})
	if got := mine.statefulSets["dev-redis-cache"].Spec.Template.Annotations[annotation]; got != "" {
		t.Errorf("who keeps pods where they are is not heard: %q", got)
	}
}

// TestWithoutWhatOpenShiftSets: there a namespace has users of its own, and limits.
func TestWithoutWhatOpenShiftSets(t *testing.T) {
	for _, placement := range []string{"deployment", "sidecar"} {
		none := values{"podSecurityContext": nil, "securityContext": nil, "resources": nil}
		sentinel := values{"placement": placement, "podSecurityContext": nil, "securityContext": nil, "resources": nil}
		o := render(t, "dev", values{"redis": none, "sentinel": sentinel})
		pod := o.statefulSets["dev-redis-cache"].Spec.Template.Spec
		redis := container(t, pod, "redis")
		if pod.SecurityContext != nil || redis.SecurityContext != nil || len(redis.Resources.Limits) > 0 {
			t.Errorf("%s: Redis has %v, %v, %v", placement, pod.SecurityContext, redis.SecurityContext, redis.Resources)
		}
		if c := sentinelOf(t, o); c.SecurityContext != nil && c.SecurityContext.RunAsUser != nil {
			t.Errorf("%s: the service has a user of the chart's: %v", placement, c.SecurityContext)
		}
	}
	pod := render(t, "dev", values{"redis": values{"podSecurityContext": values{"runAsUser": 1000680000, "supplementalGroups": []int{1000680000}}}}).
		statefulSets["dev-redis-cache"].Spec.Template.Spec.SecurityContext
	if *pod.RunAsUser != 1000680000 || pod.SupplementalGroups[0] != 1000680000 {
		t.Errorf("a large user id became %v", pod)
	}
}
