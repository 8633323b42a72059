package embedded

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"
)

// object is what the store holds. One that is stored is never changed again.
type object interface {
	runtime.Object
	metav1.Object
}

// kind is one resource that is served.
type kind struct {
	resource schema.GroupResource
	kind     schema.GroupVersionKind
	// status tells that status is written through a subresource of its own.
	status bool
}

// served are the resources that the service, the node agent and the controller use.
var served = []kind{
	{schema.GroupResource{Resource: "pods"}, corev1.SchemeGroupVersion.WithKind("Pod"), true},
	{schema.GroupResource{Resource: "nodes"}, corev1.SchemeGroupVersion.WithKind("Node"), true},
	{schema.GroupResource{Resource: "events"}, corev1.SchemeGroupVersion.WithKind("Event"), false},
	{schema.GroupResource{Resource: "secrets"}, corev1.SchemeGroupVersion.WithKind("Secret"), false},
	{schema.GroupResource{Resource: "configmaps"}, corev1.SchemeGroupVersion.WithKind("ConfigMap"), false},
	{schema.GroupResource{Group: appsv1.GroupName, Resource: "statefulsets"}, appsv1.SchemeGroupVersion.WithKind("StatefulSet"), true},
	{schema.GroupResource{Group: coordinationv1.GroupName, Resource: "leases"}, coordinationv1.SchemeGroupVersion.WithKind("Lease"), false},
}

// kindOf finds a resource by what a call names.
func kindOf(resource schema.GroupVersionResource) (kind, bool) {
	for _, k := range served {
		if k.resource == resource.GroupResource() && k.kind.Version == resource.Version {
			return k, true
		}
	}
	return kind{}, false
}

// empty makes an object without content.
func (k kind) empty() object { return k.make(k.kind).(object) }

// emptyList makes a list without items.
func (k kind) emptyList() runtime.Object { return k.make(k.listKind()) }

func (k kind) listKind() schema.GroupVersionKind {
	list := k.kind
	list.Kind += "List"
	return list
}

// namespaced says whether an object of this kind is in a namespace.
func (k kind) namespaced() bool { return k.kind.Kind != "Node" }

func (k kind) make(what schema.GroupVersionKind) runtime.Object {
	made, err := scheme.Scheme.New(what)
	if err != nil {
		panic(fmt.Sprintf("client-go's scheme lacks %s", what)) // served names its kinds only
	}
	return made
}
