package chart_test

import (
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
)

// TestNodesAreWatchedOnRequest: what reaches beyond the namespace is made only then.
func TestNodesAreWatchedOnRequest(t *testing.T) {
	for _, wanted := range []bool{false, true} {
		o := render(t, "dev", values{"sentinel": values{"watchNodes": wanted}})
		if told := slices.Contains(sentinelOf(t, o).Args, "--watch-nodes"); told != wanted {
			t.Errorf("watchNodes %t: the service is told %t", wanted, told)
		}
		role, granted := o.clusterRoles["default.dev-redis-cache"]
		if granted != wanted {
			t.Errorf("watchNodes %t: a ClusterRole %t", wanted, granted)
		}
		if wanted && !reads(role.Rules, "nodes") {
			t.Errorf("nodes may not be read by %v", role.Rules)
		}
	}
}

func reads(rules []rbacv1.PolicyRule, resource string) bool {
	return len(rules) == 1 && slices.Equal(rules[0].Resources, []string{resource}) && strings.Join(rules[0].Verbs, " ") == "get list watch"
}
