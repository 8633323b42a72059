package k8s

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/controlplane"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// role is what the service needs, no more: the chart's Role must grant this.
var role = []rbacv1.PolicyRule{
	{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"list", "watch", "patch"}},
	{APIGroups: []string{"apps"}, Resources: []string{"statefulsets"}, Verbs: []string{"list", "watch"}},
	{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"get", "list", "watch", "create", "update"}},
	{APIGroups: []string{""}, Resources: []string{"events"}, Verbs: []string{"create", "patch"}},
	{APIGroups: []string{"discovery.k8s.io"}, Resources: []string{"endpointslices"}, Verbs: []string{"list", "create"}},
	{APIGroups: []string{"discovery.k8s.io"}, Resources: []string{"endpointslices"}, ResourceNames: []string{"door"}, Verbs: []string{"get", "update", "delete"}},
}

// TestRealAPI asks a real API server what the fake one only plays.
func TestRealAPI(t *testing.T) {
	plane, err := controlplane.Start(t.Context(), controlplane.Options{Tools: controlplane.RequireTools(t), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	admin, err := plane.Client()
	if err != nil {
		t.Fatal(err)
	}
	prepare(t, admin)
	config := plane.Config()
	config.BearerToken = token(t, admin)
	made, err := clients(config, "test")
	if err != nil {
		t.Fatal(err)
	}
	r := &realCluster{plane: plane, admin: admin, latest: &latest{}}
	if r.cluster, err = New(made, testOptions()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.cluster.Run(ctx, r.latest); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); running.Wait() })

	for _, part := range []struct {
		name string
		run  func(*testing.T, *realCluster)
	}{
		{"a missing Role is named and its grant noticed", realRole},
		{"pods and their StatefulSet are a set", realSet},
		{"a pod is labelled, its successor not", realLabel},
		{"the record is written by compare-and-swap", realRecord},
		{"endpoints follow the record", realEndpoints},
		{"a leader is elected", realLeader},
		{"a restart of the API server is outlived", realOutage},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, r) }) {
			return
		}
	}
}

type realCluster struct {
	plane   *controlplane.ControlPlane
	admin   kubernetes.Interface
	cluster *Cluster
	latest  *latest
}

// latest keeps what the handler heard last.
type latest struct {
	mu     sync.Mutex
	set    sentinel.Set
	record sentinel.Record
	term   uint64
}

func (l *latest) SetChanged(set sentinel.Set)               { l.keep(func() { l.set = set }) }
func (l *latest) SetGone(string)                            { l.keep(func() { l.set = sentinel.Set{} }) }
func (l *latest) PeersChanged([]sentinel.Peer)              {}
func (l *latest) Leading(term uint64)                       { l.keep(func() { l.term = term }) }
func (l *latest) Sight() sentinel.Sight                     { return sentinel.SightUnclear }
func (l *latest) NotLeading()                               { l.keep(func() { l.term = 0 }) }
func (l *latest) RecordChanged(_ string, r sentinel.Record) { l.keep(func() { l.record = r }) }

func (l *latest) keep(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
}

// await waits until the latest news satisfy a condition and tells how long it took.
func (r *realCluster) await(t *testing.T, what string, done func(*latest) bool) time.Duration {
	t.Helper()
	begin := time.Now()
	for deadline := begin.Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		r.latest.mu.Lock()
		ok := done(r.latest)
		r.latest.mu.Unlock()
		if ok {
			return time.Since(begin)
		}
	}
	t.Fatalf("%s: waited in vain; set %+v, record %+v, degraded %q", what, r.latest.set, r.latest.record, r.cluster.Degraded())
	return 0
}

func prepare(t *testing.T, admin kubernetes.Interface) {
	t.Helper()
	_, err := admin.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: testNamespace}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "cache"}}
	if _, err := admin.CoreV1().ServiceAccounts(testNamespace).Create(t.Context(), account, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	// The pods' own account may come a moment later than the namespace.
	pods := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
	_, _ = admin.CoreV1().ServiceAccounts(testNamespace).Create(t.Context(), pods, metav1.CreateOptions{})
}

func token(t *testing.T, admin kubernetes.Interface) string {
	t.Helper()
	request, err := admin.CoreV1().ServiceAccounts(testNamespace).
		CreateToken(t.Context(), "cache", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

func realRole(t *testing.T, r *realCluster) {
	t.Helper()
	r.await(t, "refusals", func(*latest) bool { return len(r.cluster.Degraded()) >= 3 })
	text := strings.Join(r.cluster.Degraded(), "\n")
	for _, want := range []string{"resource pods to ServiceAccount shop/cache", "resource statefulsets (API group apps)", "resource leases (API group coordination.k8s.io)"} {
		if !strings.Contains(text, want) {
			t.Errorf("degraded lacks %q:\n%s", want, text)
		}
	}
	rules := &rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "cache"}, Rules: role}
	binding := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "cache"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "cache"},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "cache", Namespace: testNamespace}},
	}
	if _, err := r.admin.RbacV1().Roles(testNamespace).Create(t.Context(), rules, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.admin.RbacV1().RoleBindings(testNamespace).Create(t.Context(), binding, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	took := r.await(t, "grant", func(*latest) bool { return r.cluster.HasSynced() && len(r.cluster.Degraded()) == 0 })
	t.Logf("first view %s after the grant", took)
}

func realSet(t *testing.T, r *realCluster) {
	t.Helper()
	own := map[string]string{LabelMaster: "mymaster", "release": "dev"}
	set := &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: "redis", Annotations: map[string]string{Prefix + "quorum": "3", Prefix + "down-after-milliseconds": "x"}},
		Spec: appsv1.StatefulSetSpec{
			Replicas: new(int32(2)), PodManagementPolicy: appsv1.ParallelPodManagement,
			Selector: &metav1.LabelSelector{MatchLabels: own},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: own},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "redis", Image: "redis"}}},
			},
		},
	}
	if _, err := r.admin.AppsV1().StatefulSets(testNamespace).Create(t.Context(), set, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	r.await(t, "pods", func(l *latest) bool {
		return l.set.Owner == "redis" && l.set.Size == 2 && len(l.set.Pods) == 2 && l.set.Config.Quorum == 3
	})
	status := `{"status":{"phase":"Running","podIP":"127.0.1.2","podIPs":[{"ip":"127.0.1.2"}],
		"containerStatuses":[{"name":"redis","containerID":"x://1","image":"redis","imageID":"redis"}]}}`
	_, err := r.admin.CoreV1().Pods(testNamespace).
		Patch(t.Context(), "redis-1", types.MergePatchType, []byte(status), metav1.PatchOptions{}, "status")
	if err != nil {
		t.Fatal(err)
	}
	want := sentinel.Addr{Host: "127.0.1.2", Port: 6379}
	r.await(t, "address", func(l *latest) bool { return l.set.Pods[1].Addr == want && l.set.Pods[1].ContainerID == "x://1" })
	live, err := r.cluster.Pods(t.Context(), "mymaster")
	if err != nil || len(live) != 2 || live[1].Addr != want {
		t.Errorf("live: %+v, %v", live, err)
	}
}

func realLabel(t *testing.T, r *realCluster) {
	t.Helper()
	live, err := r.cluster.Pods(t.Context(), "mymaster")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cluster.Label(t.Context(), live[0], sentinel.RoleMaster); err != nil {
		t.Fatal(err)
	}
	r.await(t, "label", func(l *latest) bool { return l.set.Pods[0].Role == sentinel.RoleMaster })
	successor := live[0]
	successor.UID, successor.Role = "00000000-0000-0000-0000-000000000000", sentinel.RoleMaster
	if err := r.cluster.Label(t.Context(), successor, sentinel.RoleReplica); err != nil {
		t.Errorf("a pod that is gone: %v", err)
	}
	if live, err = r.cluster.Pods(t.Context(), "mymaster"); err != nil || live[0].Role != sentinel.RoleMaster {
		t.Errorf("the label of another pod was changed: %+v, %v", live, err)
	}
}

func realRecord(t *testing.T, r *realCluster) {
	t.Helper()
	first, err := r.cluster.Put(t.Context(), "mymaster", fullRecord())
	if err != nil {
		t.Fatal(err)
	}
	took := r.await(t, "record", func(l *latest) bool { return l.record.Version == first.Version })
	t.Logf("record delivered %s after it was written", took)
	if _, err := r.cluster.Put(t.Context(), "mymaster", fullRecord()); !errors.Is(err, sentinel.ErrConflict) {
		t.Errorf("created twice: %v", err)
	}
	second, err := r.cluster.Put(t.Context(), "mymaster", first)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.cluster.Put(t.Context(), "mymaster", first); !errors.Is(err, sentinel.ErrConflict) {
		t.Errorf("an old version was taken: %v", err)
	}
	if read, err := r.cluster.Get(t.Context(), "mymaster"); err != nil || read.Seq != second.Seq || read.Version != second.Version {
		t.Errorf("read %+v, %v", read, err)
	}
	if second, err = r.cluster.Put(t.Context(), "mymaster", tooLong(second)); err != nil {
		t.Errorf("a record that was cut: %v", err)
	}
	if read, err := r.cluster.Get(t.Context(), "mymaster"); err != nil || cmp.Diff(second, read) != "" {
		t.Errorf("a record that was cut: %v\n%s", err, cmp.Diff(second, read))
	}
	r.cluster.Record("mymaster", "redis-0", false, "FailoverEnded", "redis-0 is master"+strings.Repeat(" of all", 100_000))
	r.await(t, "events", func(*latest) bool {
		events, err := r.admin.CoreV1().Events(testNamespace).List(t.Context(), metav1.ListOptions{FieldSelector: "reason=FailoverEnded"})
		return err == nil && len(events.Items) == 2
	})
}

func realLeader(t *testing.T, r *realCluster) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := r.cluster.Leader.Run(ctx, r.latest); err != nil {
			t.Error(err)
		}
	})
	// The first term of a new Lease is above that of every record: a leader whose term
	// is lower would do nothing.
	r.await(t, "leading", func(l *latest) bool { return l.term > 0 && l.term == l.record.Term+1 })
	r.await(t, "the Event about the annotation", func(*latest) bool {
		events, err := r.admin.CoreV1().Events(testNamespace).List(t.Context(), metav1.ListOptions{FieldSelector: "reason=" + InvalidOption})
		return err == nil && len(events.Items) == 1
	})
	cancel()
	running.Wait()
	lease, err := r.admin.CoordinationV1().Leases(testNamespace).Get(t.Context(), "dev-sentinel-leader", metav1.GetOptions{})
	if err != nil || *lease.Spec.HolderIdentity != "" || r.latest.term != 0 {
		t.Errorf("not released: %+v, %v", lease, err)
	}
}

func realOutage(t *testing.T, r *realCluster) {
	t.Helper()
	if err := r.plane.StopAPI(); err != nil {
		t.Fatal(err)
	}
	r.await(t, "outage noticed", func(*latest) bool { return len(r.cluster.Lasting(0)) > 0 })
	if err := r.plane.StartAPI(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, err := r.admin.AppsV1().StatefulSets(testNamespace).
		Patch(t.Context(), "redis", types.MergePatchType, []byte(`{"spec":{"replicas":1}}`), metav1.PatchOptions{})
	if err != nil {
		t.Fatal(err)
	}
	took := r.await(t, "news after the outage", func(l *latest) bool { return l.set.Size == 1 })
	t.Logf("news %s after the API server came back", took)
	r.await(t, "recovery", func(*latest) bool { return len(r.cluster.Degraded()) == 0 })
}
