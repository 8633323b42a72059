package embedded_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
)

const shop = "shop"

func pods(t *testing.T) (typedcorev1.PodInterface, kubernetes.Interface) {
	t.Helper()
	client := embedded.NewAPI().Client()
	return client.CoreV1().Pods(shop), client
}

func pod(name string, labels map[string]string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
		Spec:       corev1.PodSpec{NodeName: "node-0", TerminationGracePeriodSeconds: new(int64(30))},
	}
}

// must is for calls that a test does not expect to be refused.
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

func TestCreate(t *testing.T) {
	pods, _ := pods(t)
	made := must(pods.Create(t.Context(), pod("a", nil), metav1.CreateOptions{}))(t)
	if made.UID == "" || made.ResourceVersion == "" || made.CreationTimestamp.IsZero() || made.Namespace != shop || made.Status.Phase != corev1.PodPending {
		t.Errorf("created without what a server adds: %+v", made.ObjectMeta)
	}
	if _, err := pods.Create(t.Context(), pod("a", nil), metav1.CreateOptions{}); !apierrors.IsAlreadyExists(err) {
		t.Errorf("created twice: %v, want AlreadyExists", err)
	}
	generated := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{GenerateName: "b-"}}
	if name := must(pods.Create(t.Context(), generated, metav1.CreateOptions{}))(t).Name; len(name) != len("b-12345") {
		t.Errorf("generated name %q, want b- and five characters", name)
	}
}

func TestCompareAndSwap(t *testing.T) {
	_, client := pods(t)
	leases := client.CoordinationV1().Leases(shop)
	first := must(leases.Create(t.Context(), &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "l"}}, metav1.CreateOptions{}))(t)
	mine, theirs := first.DeepCopy(), first.DeepCopy()
	mine.Spec.HolderIdentity, theirs.Spec.HolderIdentity = new("me"), new("they")
	won := must(leases.Update(t.Context(), mine, metav1.UpdateOptions{}))(t)
	if _, err := leases.Update(t.Context(), theirs, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("update of an old version: %v, want Conflict", err)
	}
	same := must(leases.Update(t.Context(), won, metav1.UpdateOptions{}))(t)
	if same.ResourceVersion != won.ResourceVersion {
		t.Errorf("an update that changes nothing made version %s of %s", same.ResourceVersion, won.ResourceVersion)
	}
	other := won.DeepCopy()
	other.UID = "another"
	if _, err := leases.Update(t.Context(), other, metav1.UpdateOptions{}); !apierrors.IsConflict(err) {
		t.Errorf("update of another UID: %v, want Conflict", err)
	}
	if got := *must(leases.Get(t.Context(), "l", metav1.GetOptions{}))(t).Spec.HolderIdentity; got != "me" {
		t.Errorf("holder %s, want me", got)
	}
}

func TestPatch(t *testing.T) {
	pods, _ := pods(t)
	made := must(pods.Create(t.Context(), pod("a", map[string]string{"keep": "1", "drop": "1"}), metav1.CreateOptions{}))(t)
	patch := func(how types.PatchType, text, subresource string) (*corev1.Pod, error) {
		if subresource != "" {
			return pods.Patch(t.Context(), "a", how, []byte(text), metav1.PatchOptions{}, subresource)
		}
		return pods.Patch(t.Context(), "a", how, []byte(text), metav1.PatchOptions{})
	}
	labelled := must(patch(types.MergePatchType, `{"metadata":{"labels":{"drop":null,"new":"1"}},"status":{"podIP":"10.0.0.1"}}`, ""))(t)
	if diff := cmp.Diff(map[string]string{"keep": "1", "new": "1"}, labelled.Labels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if labelled.Status.PodIP != "" {
		t.Errorf("a patch of the pod changed its status")
	}
	status := must(patch(types.StrategicMergePatchType, `{"metadata":{"labels":{"x":"1"}},"status":{"podIP":"10.0.0.1"}}`, "status"))(t)
	if status.Status.PodIP != "10.0.0.1" || status.Labels["x"] != "" {
		t.Errorf("a patch of the status: pod IP %q, label %q; want it and none", status.Status.PodIP, status.Labels["x"])
	}
	if _, err := patch(types.MergePatchType, `{"metadata":{"uid":"another"}}`, ""); !apierrors.IsInvalid(err) {
		t.Errorf("patch of another UID: %v, want Invalid", err)
	}
	if _, err := patch(types.MergePatchType, fmt.Sprintf(`{"metadata":{"resourceVersion":%q}}`, made.ResourceVersion), ""); !apierrors.IsConflict(err) {
		t.Errorf("patch of an old version: %v, want Conflict", err)
	}
	if _, err := patch(types.MergePatchType, `{}`, "scale"); !apierrors.IsMethodNotSupported(err) {
		t.Errorf("patch of an unknown subresource: %v, want MethodNotSupported", err)
	}
}

func TestDeleteWithGrace(t *testing.T) {
	pods, _ := pods(t)
	made := must(pods.Create(t.Context(), pod("a", nil), metav1.CreateOptions{}))(t)
	remove := func(grace *int64, uid types.UID) error {
		return pods.Delete(t.Context(), "a", metav1.DeleteOptions{GracePeriodSeconds: grace, Preconditions: &metav1.Preconditions{UID: &uid}})
	}
	if err := remove(nil, "another"); !apierrors.IsConflict(err) {
		t.Errorf("deletion of another UID: %v, want Conflict", err)
	}
	if err := remove(nil, made.UID); err != nil {
		t.Fatal(err)
	}
	ending := must(pods.Get(t.Context(), "a", metav1.GetOptions{}))(t)
	if ending.DeletionTimestamp == nil || *ending.DeletionGracePeriodSeconds != 30 {
		t.Errorf("deleted pod: timestamp %v, want one in 30 s", ending.DeletionTimestamp)
	}
	if err := remove(new(int64(0)), made.UID); err != nil {
		t.Fatal(err)
	}
	if _, err := pods.Get(t.Context(), "a", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("after the grace: %v, want NotFound", err)
	}
}

// next reads one event as "TYPE name".
func next(t *testing.T, w watch.Interface) string {
	t.Helper()
	select {
	case event := <-w.ResultChan():
		return fmt.Sprint(event.Type, " ", event.Object.(metav1.Object).GetName())
	case <-time.After(5 * time.Second):
		t.Fatal("no event within 5 s")
		return ""
	}
}

func TestWatchSelects(t *testing.T) {
	pods, _ := pods(t)
	red := metav1.ListOptions{LabelSelector: "color=red"}
	must(pods.Create(t.Context(), pod("before", map[string]string{"color": "red"}), metav1.CreateOptions{}))(t)
	list := must(pods.List(t.Context(), red))(t)
	must(pods.Create(t.Context(), pod("blue", map[string]string{"color": "blue"}), metav1.CreateOptions{}))(t)
	must(pods.Create(t.Context(), pod("between", map[string]string{"color": "red"}), metav1.CreateOptions{}))(t)

	all := must(pods.Watch(t.Context(), red))(t)
	defer all.Stop()
	red.ResourceVersion = list.ResourceVersion
	since := must(pods.Watch(t.Context(), red))(t)
	defer since.Stop()

	recolor := func(name, color string) {
		patch := fmt.Sprintf(`{"metadata":{"labels":{"color":%q}}}`, color)
		must(pods.Patch(t.Context(), name, types.MergePatchType, []byte(patch), metav1.PatchOptions{}))(t)
	}
	recolor("before", "blue")
	recolor("blue", "red")
	must(pods.Patch(t.Context(), "blue", types.MergePatchType, []byte(`{"metadata":{"annotations":{"a":"b"}}}`), metav1.PatchOptions{}))(t)

	later := []string{"DELETED before", "ADDED blue", "MODIFIED blue"}
	for name, c := range map[string]struct {
		w    watch.Interface
		want []string
	}{
		"from nothing":  {all, append([]string{"ADDED before", "ADDED between"}, later...)},
		"from the list": {since, append([]string{"ADDED between"}, later...)},
	} {
		var got []string
		for range c.want {
			got = append(got, next(t, c.w))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestSlowWatcher: a watcher that does not read for a while harms nobody and
// misses nothing; one that begins too far back is told so.
func TestSlowWatcher(t *testing.T) {
	const changes = 2500 // more than the server remembers
	pods, _ := pods(t)
	made := must(pods.Create(t.Context(), pod("a", nil), metav1.CreateOptions{}))(t)
	slow := must(pods.Watch(t.Context(), metav1.ListOptions{ResourceVersion: made.ResourceVersion}))(t)
	defer slow.Stop()
	for i := range changes {
		patch, _ := json.Marshal(map[string]any{"metadata": map[string]any{"annotations": map[string]string{"n": strconv.Itoa(i)}}})
		must(pods.Patch(t.Context(), "a", types.MergePatchType, patch, metav1.PatchOptions{}))(t)
	}
	for i := range changes {
		if got := next(t, slow); got != "MODIFIED a" {
			t.Fatalf("event %d is %s", i, got)
		}
	}
	_, err := pods.Watch(t.Context(), metav1.ListOptions{ResourceVersion: made.ResourceVersion})
	if !apierrors.IsResourceExpired(err) {
		t.Errorf("watch from a forgotten version: %v, want Expired", err)
	}
}

func TestRefusesWhatItDoesNotServe(t *testing.T) {
	pods, client := pods(t)
	_, byField := pods.List(t.Context(), metav1.ListOptions{FieldSelector: "spec.nodeName=node-0"})
	_, unknown := client.AppsV1().Deployments(shop).List(context.Background(), metav1.ListOptions{})
	collection := client.AppsV1().StatefulSets(shop).DeleteCollection(t.Context(), metav1.DeleteOptions{}, metav1.ListOptions{})
	for name, err := range map[string]error{"field selector": byField, "deployments": unknown, "delete collection": collection} {
		if err == nil {
			t.Errorf("%s: served, want an error", name)
		}
	}
	if _, err := client.AppsV1().StatefulSets(shop).Get(t.Context(), "none", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("a StatefulSet that is not there: %v, want NotFound", err)
	}
}
