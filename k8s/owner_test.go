package k8s

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestOwnerOfARecord: whose UID is the set's while its StatefulSet comes and goes, since by
// that Kubernetes deletes the record, or leaves it.
func TestOwnerOfARecord(t *testing.T) {
	set := &setRow{identity: identity{name: "redis", uid: "u-set"}}
	pod := func(owner, uid string) *podRow { return &podRow{owner: owner, ownerUID: uid} }
	for what, test := range map[string]struct {
		claims []claim
		pods   []*podRow
		want   string
	}{
		"nobody claims the name":        {nil, []*podRow{pod("", "")}, ""},
		"a StatefulSet":                 {[]claim{{"redis", set}}, []*podRow{pod("redis", "u-set")}, "u-set"},
		"made anew over pods of before": {[]claim{{"redis", set}}, []*podRow{pod("redis", "u-former")}, "u-set"},
		"gone, and its pods follow":     {[]claim{{owner: "redis"}}, []*podRow{pod("", ""), pod("redis", "u-former")}, "u-former"},
		"gone without its pods":         {[]claim{{owner: "redis"}}, []*podRow{pod("", "")}, ""},
	} {
		if got := (membership{claims: test.claims}).ownerUID(test.pods); got != test.want {
			t.Errorf("%s: %q, want %q", what, got, test.want)
		}
	}
}

// TestOrphansKeepTheirRecord: a StatefulSet that is being deleted without its pods owns no
// record any more; one that is deleted with them does.
func TestOrphansKeepTheirRecord(t *testing.T) {
	for finalizer, want := range map[string]bool{metav1.FinalizerOrphanDependents: true, metav1.FinalizerDeleteDependents: false} {
		now := metav1.Now()
		set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "redis", DeletionTimestamp: &now, Finalizers: []string{finalizer}}}
		if got := toSetRow(set, labels.Everything()).orphans; got != want {
			t.Errorf("%s: orphans %v, want %v", finalizer, got, want)
		}
	}
}

// TestOwnersThatMayNotBeChanged: on OpenShift only whoever may delete an object may change its
// owners. The record is written all the same.
func TestOwnersThatMayNotBeChanged(t *testing.T) {
	api := newFakeAPI(t, "get leases", "create leases", "update leases")
	records := newCluster(t, api, testOptions()).Records
	owner := []metav1.OwnerReference{ownerRef("StatefulSet", "redis", "u-set")}
	records.owners = func(string) []metav1.OwnerReference { return nil }
	written, err := records.Put(t.Context(), "mymaster", fullRecord())
	if err != nil {
		t.Fatal(err)
	}
	records.owners = func(string) []metav1.OwnerReference { return owner }
	refused := 0
	api.setRefuse(func(verb, resource string) error {
		if verb == "update" && refused == 0 {
			refused++
			return apierrors.NewForbidden(coordinationv1.Resource(resource), "dev-mymaster", nil)
		}
		return nil
	})
	if written, err = records.Put(t.Context(), "mymaster", written); err != nil || refused != 1 {
		t.Fatalf("refused %d times: %v", refused, err)
	}
	read, err := records.Get(t.Context(), "mymaster")
	if diff := cmp.Diff(written, read); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

// TestSettingsAreKeptWithoutAWorkload: who may not read it, or has none, keeps settings.
func TestSettingsAreKeptWithoutAWorkload(t *testing.T) {
	api := newFakeAPI(t, "create leases", "get deployments")
	records := newCluster(t, api, testOptions()).Records
	records.own = func() string { return "ReplicaSet/sentinel" }
	if _, err := records.PutSettings(t.Context(), sentinel.Settings{}); err != nil {
		t.Error(err)
	}
}
