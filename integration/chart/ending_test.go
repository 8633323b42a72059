package chart_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestTheEndFitsTheGrace: Kubernetes must not kill a pod of the service while it still
// answers clients, nor take a sidecar what Redis' own handover has left.
func TestTheEndFitsTheGrace(t *testing.T) {
	const stop = 5 // seconds: --shutdown-grace
	for _, delay := range []int64{0, 5, 40} {
		v := values{"sentinel": values{"shutdownDelaySeconds": delay}}
		o := render(t, "dev", v)
		if want := fmt.Sprintf("--shutdown-delay=%ds", delay); !slices.Contains(sentinelOf(t, o).Args, want) {
			t.Errorf("the service is not told %s", want)
		}
		if grace := *o.deployments["dev-redis-cache-sentinel"].Spec.Template.Spec.TerminationGracePeriodSeconds; grace <= delay+stop {
			t.Errorf("a delay of %d s in a grace period of %d s", delay, grace)
		}
		v["sentinel"] = values{"placement": "sidecar", "shutdownDelaySeconds": delay}
		pod := render(t, "dev", v).statefulSets["dev-redis-cache"].Spec.Template.Spec
		if rest := *pod.TerminationGracePeriodSeconds - held(t, container(t, pod, "redis").Lifecycle.PreStop.Exec.Command); rest < delay+stop {
			t.Errorf("Redis leaves its sidecar %d s, it needs %d s", rest, delay+stop)
		}
	}
}

// held is for how many seconds a preStop script may hold its container.
func held(t *testing.T, command []string) int64 {
	t.Helper()
	found := regexp.MustCompile(`date \+%s\) \+ ([0-9]+) `).FindStringSubmatch(strings.Join(command, " "))
	if found == nil {
		t.Fatalf("no end in %q", command)
	}
	seconds, err := strconv.ParseInt(found[1], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seconds
}
