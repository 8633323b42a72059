package chart_test

import (
	"slices"
	"testing"
)

// TestProtectedMode is on unless it was turned off.
func TestProtectedMode(t *testing.T) {
	const off = "--protected-mode=false"
	for _, placement := range []string{"deployment", "sidecar"} {
		for _, protected := range []bool{true, false} {
			v := values{"sentinel": values{"placement": placement}}
			if !protected {
				v["sentinel"].(values)["protectedMode"] = false
			}
			o := render(t, "dev", v)
			pod := o.statefulSets["dev-redis-cache"].Spec.Template.Spec
			if placement == "deployment" {
				pod = o.deployments["dev-redis-cache-sentinel"].Spec.Template.Spec
			}
			if args := container(t, pod, "sentinel").Args; slices.Contains(args, off) == protected {
				t.Errorf("%s, protected %v: %v", placement, protected, args)
			}
		}
	}
}

// TestMetricsAreNoPartOfTheSentinelService: who is let to ask for masters is not led to
// the port of metrics and probes.
func TestMetricsAreNoPartOfTheSentinelService(t *testing.T) {
	for _, placement := range []string{"deployment", "sidecar"} {
		for _, wanted := range []bool{false, true} {
			o := render(t, "dev", values{"sentinel": values{"placement": placement, "metricsService": wanted}})
			for name, service := range o.services {
				for _, port := range service.Spec.Ports {
					if metrics := port.Name == "http"; metrics != (name == "dev-redis-cache-sentinel-metrics") {
						t.Errorf("%s: Service %s has port %s", placement, name, port.Name)
					}
				}
			}
			if service := o.services["dev-redis-cache-sentinel-metrics"]; (service != nil) != wanted {
				t.Errorf("%s: a Service of metrics: %v, want %v", placement, service != nil, wanted)
			} else if wanted && (len(service.Spec.Ports) != 1 || !service.Spec.PublishNotReadyAddresses) {
				t.Errorf("%s: %+v", placement, service.Spec)
			}
		}
	}
}
