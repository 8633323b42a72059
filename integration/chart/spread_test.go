package chart_test

import (
	"slices"
	"testing"
)

// TestServiceIsSpreadByGeneration: else a rollout's new pods go where no old one is.
func TestServiceIsSpreadByGeneration(t *testing.T) {
	constraints := render(t, "dev", nil).deployments["dev-redis-cache-sentinel"].Spec.Template.Spec.TopologySpreadConstraints
	keys := map[string]bool{}
	for _, c := range constraints {
		keys[c.TopologyKey] = true
		if !slices.Equal(c.MatchLabelKeys, []string{"pod-template-hash"}) {
			t.Errorf("over %s pods are counted by %v", c.TopologyKey, c.MatchLabelKeys)
		}
	}
	if !keys["kubernetes.io/hostname"] || !keys["topology.kubernetes.io/zone"] {
		t.Errorf("spread over %v only", keys)
	}
}
