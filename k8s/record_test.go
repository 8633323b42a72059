package k8s

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

func fullRecord() sentinel.Record {
	process := func(pod string) sentinel.Process {
		return sentinel.Process{Pod: pod, UID: "u-" + pod, ContainerID: "c", RunID: "r-" + pod, Addr: sentinel.Addr{Host: "10.0.0.1", Port: 6379}}
	}
	return sentinel.Record{
		Seq: 6, Epoch: 3, Term: 2, Phase: sentinel.Promoting, Master: process("redis-0"), Target: process("redis-1"),
		Lineage: sentinel.Lineage{ReplID: "a", ReplID2: "b", Offset: 1 << 50}, Reason: "process gone",
		Since: time.Date(2026, 1, 1, 10, 0, 0, 123456000, time.UTC),
		Decision: &sentinel.Decision{Chosen: "redis-1", Rule: "offset", Candidates: []sentinel.Candidate{
			{Pod: "redis-1", Offset: 7, Priority: 100}, {Pod: "redis-2", Refused: "loading"},
		}},
		Requested: &sentinel.Request{By: "client", At: time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC)},
	}
}

func TestRecordRoundTrip(t *testing.T) {
	for _, master := range []string{"mymaster", "My_Master"} {
		api := newFakeAPI(t, "get leases", "create leases", "update leases")
		records := newCluster(t, api, testOptions()).Records
		ctx := t.Context()

		none, err := records.Get(ctx, master)
		if err != nil || none.Exists() {
			t.Fatalf("before the first: %+v, %v", none, err)
		}
		written, err := records.Put(ctx, master, fullRecord())
		if err != nil {
			t.Fatal(err)
		}
		want := fullRecord()
		want.Seq, want.Version, want.Format = 7, written.Version, sentinel.Format
		read, err := records.Get(ctx, master)
		if err != nil {
			t.Fatal(err)
		}
		for name, got := range map[string]sentinel.Record{"written": written, "read": read} {
			if diff := cmp.Diff(want, got); diff != "" || got.Version == "" {
				t.Errorf("%s of %s, version %q:\n%s", name, master, got.Version, diff)
			}
		}
		read.Phase, read.Master, read.Target, read.Epoch = sentinel.Stable, read.Target, sentinel.Process{}, 4
		if written, err = records.Put(ctx, master, read); err != nil || written.Seq != 8 || written.Version == read.Version {
			t.Errorf("second write: %+v, %v", written, err)
		}
	}
}

// tooLong is a record about a thousand pods with a lot to say.
func tooLong(record sentinel.Record) sentinel.Record {
	record.Decision = &sentinel.Decision{Chosen: "redis-1", Rule: "highest offset"}
	record.Refusal = &sentinel.Refusal{Reason: "NoGoodReplica", Message: strings.Repeat("why ", 100_000), Decision: record.Decision}
	for i := range 1000 {
		record.Decision.Candidates = append(record.Decision.Candidates, sentinel.Candidate{
			Pod: fmt.Sprint("redis-", i), ReplID: strings.Repeat("f", 300_000), Refused: strings.Repeat("\x00", 10_000),
		})
	}
	return record
}

// TestRecordAlwaysFits: Kubernetes takes 256 KiB of annotations, and a record that it does
// not take stops the set.
func TestRecordAlwaysFits(t *testing.T) {
	records := newCluster(t, newFakeAPI(t, "get leases", "create leases", "update leases"), testOptions()).Records
	written, err := records.Put(t.Context(), "mymaster", tooLong(fullRecord()))
	if err != nil {
		t.Fatal(err)
	}
	lease, err := toLease(testNamespace, "dev-", "mymaster", written)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(lease.Annotations[AnnotationRecord]); n > 96<<10 {
		t.Errorf("%d bytes", n)
	}
	read, err := records.Get(t.Context(), "mymaster")
	if diff := cmp.Diff(written, read); diff != "" || err != nil {
		t.Errorf("read: %v\n%s", err, diff)
	}
	if got := read.Decision; got.Candidates[0].Pod != "redis-1" || len(got.Candidates)+got.Omitted != 1000 {
		t.Errorf("%d candidates, %d omitted, the first is %s", len(got.Candidates), got.Omitted, got.Candidates[0].Pod)
	}
}

func TestLeaseIsReadableForPeople(t *testing.T) {
	record := fullRecord()
	for _, c := range []struct {
		phase  sentinel.Phase
		holder string
	}{{sentinel.Promoting, "redis-1"}, {sentinel.Switching, "redis-0"}, {sentinel.Stable, "redis-0"}} {
		record.Phase = c.phase
		lease, err := toLease(testNamespace, "dev-", "mymaster", record)
		if err != nil {
			t.Fatal(err)
		}
		if *lease.Spec.HolderIdentity != c.holder || *lease.Spec.LeaseTransitions != 3 || lease.Name != "dev-mymaster" {
			t.Errorf("%s: lease %s, holder %s, transitions %d", c.phase, lease.Name, *lease.Spec.HolderIdentity, *lease.Spec.LeaseTransitions)
		}
	}
}

func TestPutConflicts(t *testing.T) {
	api := newFakeAPI(t, "get leases", "create leases", "update leases")
	ours, theirs := newCluster(t, api, testOptions()).Records, newCluster(t, api, testOptions()).Records
	ctx := t.Context()

	first, err := theirs.Put(ctx, "mymaster", fullRecord())
	if err != nil {
		t.Fatal(err)
	}
	conflicts := func(what string, record sentinel.Record) {
		t.Helper()
		if got, err := ours.Put(ctx, "mymaster", record); !errors.Is(err, sentinel.ErrConflict) {
			t.Errorf("%s: got %+v, %v", what, got, err)
		}
	}
	conflicts("create what is there", fullRecord())
	second, err := theirs.Put(ctx, "mymaster", first)
	if err != nil {
		t.Fatal(err)
	}
	conflicts("update an old version", first)
	lower := second
	lower.Epoch = 2
	if _, err := ours.Get(ctx, "mymaster"); err != nil {
		t.Fatal(err)
	}
	conflicts("lower the epoch", lower)
	if got, err := ours.Get(ctx, "mymaster"); err != nil || cmp.Diff(second, got) != "" {
		t.Errorf("a conflict has changed the record: %v\n%s", err, cmp.Diff(second, got))
	}
	if err := api.Tracker().Delete(coordinationv1.SchemeGroupVersion.WithResource("leases"), testNamespace, "dev-mymaster"); err != nil {
		t.Fatal(err)
	}
	conflicts("update what was deleted", second)
	again := fullRecord()
	again.Epoch = 1
	if got, err := ours.Put(ctx, "mymaster", again); err != nil || got.Epoch != 4 {
		t.Errorf("after a deletion: epoch %d, %v, want 4", got.Epoch, err)
	}
}

func TestPutRefusesWhatALeaseCannotHold(t *testing.T) {
	records := newCluster(t, newFakeAPI(t), testOptions()).Records
	for name, spoil := range map[string]func(*sentinel.Record){
		"no phase":    func(r *sentinel.Record) { r.Phase = sentinel.NoRecord },
		"large epoch": func(r *sentinel.Record) { r.Epoch = 1 << 31 },
	} {
		record := fullRecord()
		spoil(&record)
		if _, err := records.Put(t.Context(), "mymaster", record); err == nil || errors.Is(err, sentinel.ErrConflict) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestForeignLeaseIsNotOverwritten(t *testing.T) {
	for name, annotations := range map[string]map[string]string{
		"no annotation":    nil,
		"broken":           {AnnotationRecord: "{", LabelMaster: "mymaster"},
		"empty":            {AnnotationRecord: "{}", LabelMaster: "mymaster"},
		"another master's": {AnnotationRecord: `{"phase":"Stable"}`, LabelMaster: "other"},
	} {
		api := newFakeAPI(t, "get leases", "create leases")
		api.store(t, &coordinationv1.Lease{
			TypeMeta:   metav1.TypeMeta{APIVersion: "coordination.k8s.io/v1", Kind: "Lease"},
			ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "dev-mymaster", Annotations: annotations},
		})
		records := newCluster(t, api, testOptions()).Records
		if got, err := records.Get(t.Context(), "mymaster"); err == nil {
			t.Errorf("%s: read as %+v", name, got)
		}
		if _, err := records.Put(t.Context(), "mymaster", fullRecord()); !errors.Is(err, sentinel.ErrConflict) {
			t.Errorf("%s: written over: %v", name, err)
		}
	}
}

func TestGetTellsWhyItCannot(t *testing.T) {
	api := newFakeAPI(t, "get leases")
	cluster := newCluster(t, api, testOptions())
	api.setRefuse(func(verb, resource string) error { return forbidden(verb, resource) })
	if _, err := cluster.Get(t.Context(), "mymaster"); !apierrors.IsForbidden(err) {
		t.Errorf("got %v", err)
	}
	if got := strings.Join(cluster.Degraded(), "\n"); !strings.Contains(got, "may not get leases in namespace shop") {
		t.Errorf("degraded: %q", got)
	}
}

func TestPodsAreListedLive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(t, everyCall...)
		cluster := newCluster(t, api, testOptions())
		if _, err := cluster.Pods(t.Context(), "mymaster"); !errors.Is(err, errNotSynced) {
			t.Errorf("before the first view: %v", err)
		}
		for object := range objects(t, twoClaims) {
			api.store(t, object)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- cluster.Run(ctx, &transcript{}) }()
		<-cluster.Synced()
		synctest.Wait()
		before := len(api.made())
		pods, err := cluster.Pods(ctx, "mymaster")
		if err != nil {
			t.Fatal(err)
		}
		if calls := api.made()[before:]; len(calls) != 1 || calls[0] != "list pods" {
			t.Errorf("calls: %q", calls)
		}
		var names []string
		for _, pod := range pods {
			names = append(names, pod.Name)
		}
		if diff := cmp.Diff([]string{"redis-0", "redis-1"}, names); diff != "" {
			t.Error(diff)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

const twoClaims = `apiVersion: apps/v1
kind: StatefulSet
metadata: {name: redis, uid: s, creationTimestamp: "2026-01-01T09:00:00Z"}
spec: {replicas: 2, template: {metadata: {labels: {redis-sentinel-k8s/master-name: mymaster, release: dev}}}}
---
apiVersion: v1
kind: Pod
metadata:
  name: redis-1
  uid: u1
  labels: {redis-sentinel-k8s/master-name: mymaster, release: dev}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: redis, uid: s, controller: true}]
---
apiVersion: v1
kind: Pod
metadata:
  name: redis-0
  uid: u0
  labels: {redis-sentinel-k8s/master-name: mymaster, release: dev}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: redis, uid: s, controller: true}]
---
apiVersion: v1
kind: Pod
metadata:
  name: copy-0
  uid: u2
  labels: {redis-sentinel-k8s/master-name: mymaster, release: dev}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: copy, uid: c, controller: true}]
---
apiVersion: v1
kind: Pod
metadata:
  name: prod-0
  uid: u3
  labels: {redis-sentinel-k8s/master-name: mymaster, release: prod}
`

func TestLabel(t *testing.T) {
	pod := corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "redis-0", UID: "u0", Labels: map[string]string{"app": "redis"}},
	}
	for _, c := range []struct {
		name  string
		pod   sentinel.Pod
		role  sentinel.Role
		calls int
		want  string
	}{
		{"new role", sentinel.Pod{Name: "redis-0", UID: "u0"}, sentinel.RoleMaster, 1, "master"},
		{"already right", sentinel.Pod{Name: "redis-0", UID: "u0", Role: sentinel.RoleMaster}, sentinel.RoleMaster, 0, ""},
		{"taken away", sentinel.Pod{Name: "redis-0", UID: "u0", Role: sentinel.RoleMaster}, "", 1, ""},
		{"a successor of the name", sentinel.Pod{Name: "redis-0", UID: "u-old"}, sentinel.RoleMaster, 1, ""},
		{"gone", sentinel.Pod{Name: "redis-9", UID: "u9"}, sentinel.RoleMaster, 1, ""},
	} {
		api := newFakeAPI(t, "patch pods")
		api.store(t, pod.DeepCopy())
		if err := newCluster(t, api, testOptions()).Label(t.Context(), c.pod, c.role); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := len(api.made()); got != c.calls {
			t.Errorf("%s: %d calls, want %d", c.name, got, c.calls)
		}
		stored, err := api.Tracker().Get(corev1.SchemeGroupVersion.WithResource("pods"), testNamespace, "redis-0")
		if err != nil {
			t.Fatal(err)
		}
		if got := stored.(*corev1.Pod).Labels[LabelRole]; got != c.want {
			t.Errorf("%s: label %q, want %q", c.name, got, c.want)
		}
	}
}
