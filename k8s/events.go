package k8s

import (
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
)

// Events tells people what happened, where `kubectl describe` shows it. It never
// waits: client-go queues the events, joins those that repeat, and drops some
// when there are too many.
type Events struct {
	broadcaster record.EventBroadcaster
	recorder    record.EventRecorder
	// find* look an object up; nil if it is not known.
	findPod func(name string) *corev1.ObjectReference
	findSet func(master string) *corev1.ObjectReference
}

func newEvents(client kubernetes.Interface, namespace, host string, health *Health) *Events {
	// client-go allows 25 Events on one object, then one each five minutes: too
	// few for a bad hour of a master, in which people look at just these.
	broadcaster := record.NewBroadcaster(record.WithCorrelatorOptions(record.CorrelatorOptions{BurstSize: 200, QPS: 0.1}))
	broadcaster.StartRecordingToSink(&sink{
		EventSink: &typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events(namespace)},
		health:    health,
	})
	return &Events{
		broadcaster: broadcaster,
		recorder:    broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "redis-sentinel-k8s", Host: host}),
	}
}

// Record writes a Kubernetes Event on the StatefulSet of a master and, unless pod
// is empty, on that pod too. Objects that are not known are left out.
func (e *Events) Record(master, pod string, warning bool, reason, message string) {
	kind := corev1.EventTypeNormal
	if warning {
		kind = corev1.EventTypeWarning
	}
	if ref := e.findSet(master); ref != nil {
		e.on(*ref, kind, reason, message)
	}
	if ref := e.findPod(pod); ref != nil {
		e.on(*ref, kind, reason, message)
	}
}

func (e *Events) on(object corev1.ObjectReference, kind, reason, message string) {
	e.recorder.Event(&object, kind, reason, short(message, mostMessage))
}

// onLease writes a warning on a Lease.
func (e *Events) onLease(lease identity, reason, text string) {
	e.on(leaseRef(lease), corev1.EventTypeWarning, reason, text)
}

// shutDown ends; what is still queued may be lost.
func (e *Events) shutDown() { e.broadcaster.Shutdown() }

// sink writes Events and tells Health whether it may.
type sink struct {
	record.EventSink
	health *Health
}

func (s *sink) Create(event *corev1.Event) (*corev1.Event, error) {
	written, err := s.EventSink.Create(event)
	s.health.note("create", eventResource, err)
	return written, err
}

func (s *sink) Patch(event *corev1.Event, data []byte) (*corev1.Event, error) {
	written, err := s.EventSink.Patch(event, data)
	s.health.note("patch", eventResource, err)
	return written, err
}

// The references that an Event needs; `kubectl describe` looks for the UID.

func podRef(i identity) corev1.ObjectReference {
	return reference(i, "Pod", corev1.SchemeGroupVersion.String())
}

func setRef(i identity) corev1.ObjectReference {
	return reference(i, "StatefulSet", appsv1.SchemeGroupVersion.String())
}

func leaseRef(i identity) corev1.ObjectReference {
	return reference(i, "Lease", coordinationv1.SchemeGroupVersion.String())
}

func reference(i identity, kind, version string) corev1.ObjectReference {
	return corev1.ObjectReference{
		Kind: kind, APIVersion: version, Namespace: i.namespace, Name: i.name, UID: types.UID(i.uid),
	}
}
