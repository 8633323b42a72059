package chart_test

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestServicesOfAMesh: a mesh is told that it has nothing to look into, on each port of
// Redis and of Sentinel, unless somebody wants it otherwise.
func TestServicesOfAMesh(t *testing.T) {
	for _, c := range []struct {
		values values
		want   string
	}{
		{values{}, "tcp"},
		{values{"service": values{"appProtocol": "redis"}}, "redis"},
		{values{"service": values{"appProtocol": nil}}, ""},
	} {
		c.values["announce"] = values{"services": values{"enabled": true}}
		c.values["sentinel"] = values{"tls": values{"enabled": true, "existingSecret": "certificate", "port": 26380}, "metricsService": true}
		seen := 0
		for name, service := range render(t, "dev", c.values).services {
			for _, port := range service.Spec.Ports {
				if port.Name == "http" {
					continue
				}
				seen++
				got := ""
				if port.AppProtocol != nil {
					got = *port.AppProtocol
				}
				if got != c.want {
					t.Errorf("%v: port %s of %s has the appProtocol %q, want %q", c.values["service"], port.Name, name, got, c.want)
				}
			}
		}
		if seen != 8 { // of 3 Services, 3 pods and twice the Sentinel port
			t.Errorf("%d ports, want 8", seen)
		}
	}
}

// TestFamilies: all Services have the addresses that are asked for, or what the cluster chooses.
func TestFamilies(t *testing.T) {
	v := values{"announce": values{"services": values{"enabled": true}}, "sentinel": values{"metricsService": true}}
	for name, service := range render(t, "dev", v).services {
		if service.Spec.IPFamilyPolicy != nil || service.Spec.IPFamilies != nil {
			t.Errorf("%s chooses by default", name)
		}
	}
	v["service"] = values{"ipFamilyPolicy": "RequireDualStack", "ipFamilies": []string{"IPv6", "IPv4"}}
	services := render(t, "dev", v).services
	if len(services) != 8 {
		t.Errorf("%d Services, want 8", len(services))
	}
	for name, service := range services {
		if p := service.Spec.IPFamilyPolicy; p == nil || *p != corev1.IPFamilyPolicyRequireDualStack || !slices.Equal(service.Spec.IPFamilies, []corev1.IPFamily{corev1.IPv6Protocol, corev1.IPv4Protocol}) {
			t.Errorf("%s: %v %v", name, p, service.Spec.IPFamilies)
		}
	}
	for _, wrong := range []values{{"ipFamilies": []string{"IPv5"}}, {"ipFamilies": []string{"IPv4", "IPv4"}}, {"ipFamilyPolicy": "DualStack"}} {
		if _, errOut, err := helm(t, "template", "dev", chartFolder, "-f", valuesFile(t, values{"service": wrong})); err == nil || errOut == "" {
			t.Errorf("%v is taken", wrong)
		}
	}
}
