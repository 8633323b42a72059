package k8s

import (
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestRival: which of two services has a set, by the records of both.
func TestRival(t *testing.T) {
	began := time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)
	lease := func(prefix, owner string, age time.Duration) *coordinationv1.Lease {
		text := `{"phase": "Stable", "master": {"pod": "redis-0", "uid": "u0"}}`
		if owner != "" {
			text = `{"phase": "Stable", "owner": {"name": "redis", "uid": "` + owner + `"}, "master": {"pod": "redis-0", "uid": "u0"}}`
		}
		return &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{
			Namespace: testNamespace, Name: prefix + "mymaster", CreationTimestamp: metav1.NewTime(began.Add(-age)),
			Labels:      map[string]string{AnnotationRecord: recordLabel(prefix)},
			Annotations: map[string]string{AnnotationRecord: text, LabelMaster: "mymaster"},
		}}
	}
	for what, test := range map[string]struct {
		leases []*coordinationv1.Lease
		set    string
		want   string
	}{
		"nobody else":                    {[]*coordinationv1.Lease{lease("dev-", "u-set", time.Hour)}, "u-set", ""},
		"the other is older":             {[]*coordinationv1.Lease{lease("dev-", "u-set", time.Hour), lease("other-", "u-set", 2*time.Hour)}, "u-set", "other-mymaster"},
		"ours is older":                  {[]*coordinationv1.Lease{lease("dev-", "u-set", 2*time.Hour), lease("other-", "u-set", time.Hour)}, "u-set", ""},
		"made in the same second":        {[]*coordinationv1.Lease{lease("dev-", "u-set", time.Hour), lease("other-", "u-set", time.Hour)}, "u-set", ""},
		"likewise, and theirs is first":  {[]*coordinationv1.Lease{lease("dev-", "u-set", time.Hour), lease("a-", "u-set", time.Hour)}, "u-set", "a-mymaster"},
		"we have none yet":               {[]*coordinationv1.Lease{lease("other-", "u-set", 0)}, "u-set", "other-mymaster"},
		"another set with the name":      {[]*coordinationv1.Lease{lease("other-", "u-other", time.Hour)}, "u-set", ""},
		"a record of before":             {[]*coordinationv1.Lease{lease("other-", "", time.Hour)}, "u-set", ""},
		"our StatefulSet is not known":   {[]*coordinationv1.Lease{lease("other-", "u-set", time.Hour)}, "", ""},
		"two others, the oldest has it":  {[]*coordinationv1.Lease{lease("x-", "u-set", time.Hour), lease("other-", "u-set", 2*time.Hour)}, "u-set", "other-mymaster"},
		"settings of another are no one": {[]*coordinationv1.Lease{{ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "x-sentinel-config", Labels: map[string]string{AnnotationRecord: "x"}}}}, "u-set", ""},
	} {
		cluster := newCluster(t, newFakeAPI(t), testOptions())
		for _, one := range test.leases {
			if err := cluster.Watch.records.GetIndexer().Add(testOptions().toLeaseRow(one)); err != nil {
				t.Fatal(err)
			}
		}
		got := ""
		if row := cluster.rival("mymaster", test.set); row != nil {
			got = row.name
		}
		if got != test.want {
			t.Errorf("%s: %q, want %q", what, got, test.want)
		}
	}
}
