package embedded

import (
	"encoding/json"
	"errors"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func conflict(k kind, name, why string) error {
	return apierrors.NewConflict(k.resource, name, errors.New(why))
}

// create stores a new object and returns a copy of it.
func (s *store) create(k kind, namespace string, o object) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.GetResourceVersion() != "" {
		return nil, apierrors.NewBadRequest("resourceVersion should not be set on objects to be created")
	}
	if o.GetName() == "" && o.GetGenerateName() != "" {
		o.SetName(o.GetGenerateName() + rand.String(5))
	}
	if o.GetName() == "" {
		return nil, apierrors.NewInvalid(k.kind.GroupKind(), "", field.ErrorList{
			field.Required(field.NewPath("metadata", "name"), "name or generateName is required"),
		})
	}
	o.SetNamespace(namespace)
	if _, err := s.get(k, namespace, o.GetName()); err == nil {
		return nil, apierrors.NewAlreadyExists(k.resource, o.GetName())
	}
	o.SetUID(uuid.NewUUID())
	o.SetCreationTimestamp(metav1.Now().Rfc3339Copy())
	o.SetDeletionTimestamp(nil)
	if pod, ok := o.(*corev1.Pod); ok {
		pod.Status = corev1.PodStatus{Phase: corev1.PodPending}
	}
	return copied(s.commit(k, nil, o)), nil
}

// update replaces an object, or its status alone, unless it has changed since the
// caller read it.
func (s *store) update(k kind, namespace string, o object, subresource string) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, err := s.get(k, namespace, o.GetName())
	if err != nil {
		return nil, err
	}
	wanted := &metav1.Preconditions{}
	if uid := o.GetUID(); uid != "" {
		wanted.UID = &uid
	}
	if version := o.GetResourceVersion(); version != "" {
		wanted.ResourceVersion = &version
	}
	if err := matches(k, was, wanted); err != nil {
		return nil, err
	}
	return s.replace(k, was, o, subresource)
}

// patch changes an object, or its status alone.
func (s *store) patch(k kind, namespace, name string, how types.PatchType, patch []byte, subresource string) (object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, err := s.get(k, namespace, name)
	if err != nil {
		return nil, err
	}
	is, err := patched(k, was, how, patch)
	if err != nil {
		return nil, err
	}
	if is.GetResourceVersion() != was.GetResourceVersion() {
		return nil, conflict(k, name, "the object has been modified")
	}
	if is.GetUID() != was.GetUID() {
		return nil, apierrors.NewInvalid(k.kind.GroupKind(), name, field.ErrorList{
			field.Invalid(field.NewPath("metadata", "uid"), is.GetUID(), "field is immutable"),
		})
	}
	return s.replace(k, was, is, subresource)
}

func patched(k kind, was object, how types.PatchType, patch []byte) (object, error) {
	document, err := json.Marshal(was)
	if err != nil {
		return nil, err
	}
	switch how {
	case types.MergePatchType:
		document, err = mergePatch(document, patch)
	case types.StrategicMergePatchType:
		document, err = strategicpatch.StrategicMergePatch(document, patch, k.empty())
	default:
		return nil, apierrors.NewGenericServerResponse(415, "patch", k.resource, was.GetName(), string(how)+" is not served here", 0, false)
	}
	is := k.empty()
	if err == nil {
		err = json.Unmarshal(document, is)
	}
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return is, nil
}

// replace takes the part of is that the subresource covers, and keeps the other
// and what no client may change. A write that changes nothing is none.
func (s *store) replace(k kind, was, is object, subresource string) (object, error) {
	if subresource != "" && (subresource != "status" || !k.status) {
		return nil, apierrors.NewMethodNotSupported(k.resource, "update "+subresource)
	}
	if k.status {
		var err error
		if is, err = join(k, was, is, subresource == "status"); err != nil {
			return nil, err
		}
	}
	is.SetUID(was.GetUID())
	is.SetNamespace(was.GetNamespace())
	is.SetResourceVersion(was.GetResourceVersion())
	is.SetCreationTimestamp(was.GetCreationTimestamp())
	is.SetDeletionTimestamp(was.GetDeletionTimestamp())
	is.SetDeletionGracePeriodSeconds(was.GetDeletionGracePeriodSeconds())
	is.GetObjectKind().SetGroupVersionKind(was.GetObjectKind().GroupVersionKind())
	if equality.Semantic.DeepEqual(was, is) {
		return copied(was), nil
	}
	return copied(s.commit(k, was, is)), nil
}

// join makes an object of the status of one and everything else of another.
func join(k kind, was, is object, statusOfIs bool) (object, error) {
	status, rest := was, is
	if statusOfIs {
		status, rest = is, was
	}
	var from, to map[string]json.RawMessage
	for o, into := range map[object]*map[string]json.RawMessage{status: &from, rest: &to} {
		text, err := json.Marshal(o)
		if err == nil {
			err = json.Unmarshal(text, into)
		}
		if err != nil {
			return nil, err
		}
	}
	to["status"] = from["status"]
	text, err := json.Marshal(to)
	if err != nil {
		return nil, err
	}
	joined := k.empty()
	return joined, json.Unmarshal(text, joined)
}

func copied(o object) object { return o.DeepCopyObject().(object) }

// mergePatch is RFC 7386: null removes, objects are merged, all else replaces.
func mergePatch(document, patch []byte) ([]byte, error) {
	var onto, changes map[string]any
	if err := unmarshalExactly(document, &onto); err != nil {
		return nil, err
	}
	if err := unmarshalExactly(patch, &changes); err != nil {
		return nil, err
	}
	merge(onto, changes)
	return json.Marshal(onto)
}

// unmarshalExactly keeps whole numbers whole.
func unmarshalExactly(text []byte, into *map[string]any) error {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	return decoder.Decode(into)
}

func merge(onto, changes map[string]any) {
	for name, value := range changes {
		inner, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(onto, name)
		case isObject:
			below, ok := onto[name].(map[string]any)
			if !ok {
				below = map[string]any{}
			}
			merge(below, inner)
			onto[name] = below
		default:
			onto[name] = value
		}
	}
}
