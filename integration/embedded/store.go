package embedded

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// remembered is how many changes a watcher may be behind when it begins.
const remembered = 2000

// store holds all objects. Each change gets the next version, whatever the kind.
type store struct {
	mu       sync.Mutex
	version  int64
	objects  map[schema.GroupResource]map[string]object // by namespace/name
	history  []change                                   // the latest, oldest first
	forgot   int64                                      // the version of the last change that is not in history
	watchers map[*watcher]struct{}
}

// change is one write. was is nil for a creation, is for a deletion.
type change struct {
	version  int64
	resource schema.GroupResource
	was, is  object
}

func newStore() *store {
	return &store{
		version: 1, forgot: 1,
		objects:  map[schema.GroupResource]map[string]object{},
		watchers: map[*watcher]struct{}{},
	}
}

func key(namespace, name string) string { return namespace + "/" + name }

// get returns the stored object itself; it is called with the lock.
func (s *store) get(k kind, namespace, name string) (object, error) {
	found, ok := s.objects[k.resource][key(namespace, name)]
	if !ok {
		return nil, apierrors.NewNotFound(k.resource, name)
	}
	return found, nil
}

// commit gives the change its version and tells the watchers; it is called with
// the lock. is must not be used by the caller afterwards.
func (s *store) commit(k kind, was, is object) object {
	s.version++
	if is == nil {
		is = was.DeepCopyObject().(object) // a deletion has a version, too
		is.SetResourceVersion(strconv.FormatInt(s.version, 10))
		delete(s.objects[k.resource], key(is.GetNamespace(), is.GetName()))
		s.tell(change{s.version, k.resource, is, nil})
		return is
	}
	is.SetResourceVersion(strconv.FormatInt(s.version, 10))
	is.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{}) // as typed clients decode it
	if s.objects[k.resource] == nil {
		s.objects[k.resource] = map[string]object{}
	}
	s.objects[k.resource][key(is.GetNamespace(), is.GetName())] = is
	s.tell(change{s.version, k.resource, was, is})
	return is
}

func (s *store) tell(c change) {
	s.history = append(s.history, c)
	if len(s.history) > remembered {
		s.forgot = s.history[0].version
		s.history = slices.Delete(s.history, 0, 1)
	}
	for w := range s.watchers {
		w.see(c)
	}
}

// list returns copies of the objects that match, ordered by name, as of one moment.
func (s *store) list(k kind, namespace string, selector labels.Selector) (runtime.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := k.emptyList()
	var items []runtime.Object
	for _, found := range s.selected(k, namespace, selector) {
		items = append(items, found.DeepCopyObject())
	}
	if err := meta.SetList(list, items); err != nil {
		return nil, err
	}
	about, err := meta.ListAccessor(list)
	if err != nil {
		return nil, err
	}
	about.SetResourceVersion(strconv.FormatInt(s.version, 10))
	return list, nil
}

// selected are the objects that match, by name. Few of many are the usual case, so
// only those are ordered.
func (s *store) selected(k kind, namespace string, selector labels.Selector) []object {
	var found []object
	for _, o := range s.objects[k.resource] {
		if (namespace == "" || namespace == o.GetNamespace()) && selector.Matches(labels.Set(o.GetLabels())) {
			found = append(found, o)
		}
	}
	slices.SortFunc(found, func(a, b object) int {
		return cmp.Or(strings.Compare(a.GetNamespace(), b.GetNamespace()), strings.Compare(a.GetName(), b.GetName()))
	})
	return found
}

// matches checks what a caller takes for granted about an object.
func matches(k kind, o metav1.Object, wanted *metav1.Preconditions) error {
	if wanted == nil {
		return nil
	}
	if wanted.UID != nil && *wanted.UID != o.GetUID() {
		return conflict(k, o.GetName(), "the UID is "+string(o.GetUID())+", not "+string(*wanted.UID))
	}
	if wanted.ResourceVersion != nil && *wanted.ResourceVersion != o.GetResourceVersion() {
		return conflict(k, o.GetName(), "the object has been modified")
	}
	return nil
}
