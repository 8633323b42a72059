package chart_test

import (
	"fmt"
	"slices"
	"strings"
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

// TestClientsFromOutside reach the Sentinel port by an address that is not a pod's, and compare it with
// a certificate.
func TestClientsFromOutside(t *testing.T) {
	release := func(secret string) values {
		return values{
			"announce":    values{"sentinel": "[2001:db8::7]:443"},
			"certManager": values{"enabled": true, "issuerRef": values{"name": "ours"}},
			"redis":       values{"tls": values{"enabled": true, "existingSecret": secret, "extraNames": []string{"*.cache.example.org"}}},
			"sentinel": values{
				"service": values{
					"type": "LoadBalancer", "nodePort": 30001, "tlsNodePort": 30002, "loadBalancerIP": "192.0.2.7", "loadBalancerClass": "example.org/inner",
					"loadBalancerSourceRanges": []string{"10.0.0.0/8"}, "externalTrafficPolicy": "Local", "annotations": values{"a": 1},
				},
				"tls": values{"enabled": true, "existingSecret": secret, "port": 26380, "extraNames": []string{"sentinel.example.org"}},
			},
		}
	}
	o := render(t, "dev", release("given"))
	service := o.services["dev-redis-cache-sentinel"]
	spec := service.Spec
	balancer := spec.LoadBalancerIP // clouds heed it that have nothing else
	if spec.Type != corev1.ServiceTypeLoadBalancer || balancer != "192.0.2.7" || *spec.LoadBalancerClass != "example.org/inner" ||
		!slices.Equal(spec.LoadBalancerSourceRanges, []string{"10.0.0.0/8"}) || spec.ExternalTrafficPolicy != corev1.ServiceExternalTrafficPolicyLocal ||
		spec.Ports[0].NodePort != 30001 || spec.Ports[1].NodePort != 30002 || service.Annotations["a"] != "1" {
		t.Errorf("the Service has %v and %+v", service.Annotations, spec)
	}
	const annotation = "redis-sentinel-k8s/announce-sentinel"
	if got := o.deployments["dev-redis-cache-sentinel"].Spec.Template.Annotations[annotation]; got != "[2001:db8::7]:443" {
		t.Errorf("clients are told %q", got)
	}
	out, errOut, err := helm(t, "template", "dev", chartFolder, "-f", valuesFile(t, release("")), "--show-only", "templates/certificates.yaml")
	if err != nil {
		t.Fatalf("%v %s", err, errOut)
	}
	for _, want := range []string{`- "*.cache.example.org"`, `- "sentinel.example.org"`, `ipAddresses: ["2001:db8::7","192.0.2.7"]`} {
		if strings.Count(out, want) != 1 {
			t.Errorf("the certificates want %s once:\n%s", want, out)
		}
	}
	names := render(t, "dev", values{"announce": values{"hostnames": true}, "sentinel": values{"placement": "sidecar"}}).statefulSets["dev-redis-cache"]
	if got, want := names.Spec.Template.Annotations[annotation], "dev-redis-cache-sentinel.default.svc.cluster.local:26379"; got != want {
		t.Errorf("clients that compare names are told %q, want %q", got, want)
	}
	if _, told := render(t, "dev", nil).deployments["dev-redis-cache-sentinel"].Spec.Template.Annotations[annotation]; told {
		t.Error("clients are told something else than pods' addresses, and nobody asked for it")
	}
}
