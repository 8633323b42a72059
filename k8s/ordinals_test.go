package k8s

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// TestOrdinalsStart: the first ordinal of a StatefulSet is that of its set, and partitions
// count from it (newVersionedStatefulSetPod).
func TestOrdinalsStart(t *testing.T) {
	stateful := &appsv1.StatefulSet{
		Spec: appsv1.StatefulSetSpec{
			Replicas: new(int32(3)), Ordinals: &appsv1.StatefulSetOrdinals{Start: 5},
			UpdateStrategy: appsv1.StatefulSetUpdateStrategy{
				Type: appsv1.RollingUpdateStatefulSetStrategyType, RollingUpdate: &appsv1.RollingUpdateStatefulSetStrategy{Partition: new(int32(1))},
			},
		},
		Status: appsv1.StatefulSetStatus{CurrentRevision: "a", UpdateRevision: "b"},
	}
	row := toSetRow(stateful, labels.Everything())
	set := toSet("mymaster", membership{claims: []claim{{owner: "redis", set: row}}}, nil, values{}, nil)
	if set.First != 5 || set.Size != 3 {
		t.Errorf("%d pods from %d on", set.Size, set.First)
	}
	for name, outdated := range map[string]bool{"redis-5": false, "redis-6": true, "redis-7": true} {
		if got := row.outdates(&podRow{identity: identity{name: name}, revision: "a"}); got != outdated {
			t.Errorf("%s will be replaced: %t", name, got)
		}
	}
}
