package k8s

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/sirupsen/logrus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// fakeAPI is client-go's fake clientset with what it lacks and we depend on:
// resource versions that rise and are checked, UIDs checked in patches, label
// selectors on watches, and a test that fails on any call that it did not expect.
type fakeAPI struct {
	*fake.Clientset

	mu      sync.Mutex
	t       *testing.T
	version int
	allowed []string
	refuse  func(verb, resource string) error
	calls   []string
}

// newFakeAPI allows the calls given as "verb resource".
func newFakeAPI(t *testing.T, allowed ...string) *fakeAPI {
	t.Helper()
	f := &fakeAPI{Clientset: fake.NewClientset(), t: t, allowed: allowed, version: 100}
	f.PrependReactor("create", "*", f.create)
	f.PrependReactor("update", "*", f.update)
	f.PrependReactor("patch", "pods", f.checkPatch)
	f.PrependReactor("*", "*", f.gate)
	f.PrependWatchReactor("*", f.watch)
	return f
}

// setRefuse makes calls fail; nil lets them through again.
func (f *fakeAPI) setRefuse(refuse func(verb, resource string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = refuse
}

// made are the calls so far as "verb resource".
func (f *fakeAPI) made() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

func (f *fakeAPI) gate(action clienttesting.Action) (bool, runtime.Object, error) {
	err := f.admit(action)
	return err != nil, nil, err
}

func (f *fakeAPI) admit(action clienttesting.Action) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	call := action.GetVerb() + " " + action.GetResource().Resource
	f.calls = append(f.calls, call)
	if !slices.Contains(f.allowed, call) && call != "create selfsubjectaccessreviews" { // which anybody may ask
		f.t.Errorf("unexpected call: %s", call)
	}
	if f.refuse != nil {
		return f.refuse(action.GetVerb(), action.GetResource().Resource)
	}
	return nil
}

func (f *fakeAPI) stamp(object runtime.Object) metav1.Object {
	f.mu.Lock()
	defer f.mu.Unlock()
	accessor, err := meta.Accessor(object)
	if err != nil {
		f.t.Errorf("object without metadata: %v", err)
	}
	f.version++
	accessor.SetResourceVersion(strconv.Itoa(f.version))
	return accessor
}

func (f *fakeAPI) create(action clienttesting.Action) (bool, runtime.Object, error) {
	object := action.(clienttesting.CreateAction).GetObject().DeepCopyObject()
	f.stamp(object)
	err := f.Tracker().Create(action.GetResource(), object, action.GetNamespace())
	return true, object, err
}

func (f *fakeAPI) update(action clienttesting.Action) (bool, runtime.Object, error) {
	object := action.(clienttesting.UpdateAction).GetObject().DeepCopyObject()
	wanted, err := meta.Accessor(object)
	if err != nil {
		return true, nil, err
	}
	current, err := f.Tracker().Get(action.GetResource(), action.GetNamespace(), wanted.GetName())
	if err != nil {
		return true, nil, err
	}
	stored, err := meta.Accessor(current)
	if err != nil {
		return true, nil, err
	}
	if stored.GetResourceVersion() != wanted.GetResourceVersion() {
		return true, nil, conflict(action, wanted.GetName())
	}
	f.stamp(object)
	err = f.Tracker().Update(action.GetResource(), object, action.GetNamespace())
	return true, object, err
}

func (f *fakeAPI) checkPatch(action clienttesting.Action) (bool, runtime.Object, error) {
	patch := action.(clienttesting.PatchAction)
	var wanted metav1.PartialObjectMetadata
	if err := json.Unmarshal(patch.GetPatch(), &wanted); err != nil {
		return true, nil, err
	}
	current, err := f.Tracker().Get(action.GetResource(), action.GetNamespace(), patch.GetName())
	if err != nil {
		return true, nil, err
	}
	stored, err := meta.Accessor(current)
	if err != nil {
		return true, nil, err
	}
	if wanted.UID != "" && stored.GetUID() != wanted.UID {
		return true, nil, apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, patch.GetName(), field.ErrorList{
			field.Invalid(field.NewPath("metadata", "uid"), wanted.UID, "field is immutable"),
		})
	}
	return false, nil, nil // the clientset itself knows how to patch
}

func conflict(action clienttesting.Action, name string) error {
	return apierrors.NewConflict(action.GetResource().GroupResource(), name, errors.New("the object has been modified"))
}

func (f *fakeAPI) watch(action clienttesting.Action) (bool, watch.Interface, error) {
	if err := f.admit(action); err != nil {
		return true, nil, err
	}
	options := action.(clienttesting.WatchActionImpl).ListOptions
	all, err := f.Tracker().Watch(action.GetResource(), action.GetNamespace(), options)
	if err != nil {
		return true, nil, err
	}
	selector, err := labels.Parse(options.LabelSelector)
	if err != nil {
		return true, nil, err
	}
	passed := make(map[string]runtime.Object)
	return true, watch.Filter(all, func(event watch.Event) (watch.Event, bool) {
		object, err := meta.Accessor(event.Object)
		if err != nil {
			return event, true
		}
		if selector.Matches(labels.Set(object.GetLabels())) {
			passed[object.GetName()] = event.Object
			return event, true
		}
		if before := passed[object.GetName()]; before != nil { // to this watcher it is gone, as it last was
			delete(passed, object.GetName())
			return watch.Event{Type: watch.Deleted, Object: before}, true
		}
		return event, false
	}), nil
}

// store puts an object there or replaces it, as somebody else would.
func (f *fakeAPI) store(t *testing.T, object runtime.Object) {
	t.Helper()
	accessor := f.stamp(object)
	gvr := resourceOf(object)
	err := f.Tracker().Update(gvr, object, accessor.GetNamespace())
	if apierrors.IsNotFound(err) {
		err = f.Tracker().Create(gvr, object, accessor.GetNamespace())
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fakeAPI) remove(t *testing.T, gvr schema.GroupVersionResource, name string) {
	t.Helper()
	if err := f.Tracker().Delete(gvr, testNamespace, name); err != nil {
		t.Fatal(err)
	}
}

func resourceOf(object runtime.Object) schema.GroupVersionResource {
	gvk := object.GetObjectKind().GroupVersionKind()
	return gvk.GroupVersion().WithResource(strings.ToLower(gvk.Kind) + "s")
}

const testNamespace = "shop"

// allowed calls of a service that may do all that its Role grants.
var everyCall = []string{
	"list pods", "watch pods", "patch pods", "list statefulsets", "watch statefulsets",
	"list leases", "watch leases", "get leases", "create leases", "update leases", "create events", "patch events",
	"list services", "watch services", "list nodes", "watch nodes",
}

func testOptions() Options {
	return Options{
		Namespace: testNamespace, Selector: "release=dev", LeasePrefix: "dev-", PeerSelector: "app=sentinel",
		PodName: "sentinel-a", SentinelPort: 26379, Lease: DefaultLeaseTimes(), Log: quietLog(),
	}
}

func quietLog() *logrus.Logger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return log
}

func newCluster(t *testing.T, api *fakeAPI, options Options) *Cluster {
	t.Helper()
	cluster, err := New(Clients{Calls: api, Watches: api, Leader: api}, options)
	if err != nil {
		t.Fatal(err)
	}
	return cluster
}
