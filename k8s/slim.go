package k8s

import (
	"slices"
	"strings"
	"time"
	"unique"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The rows below are what informers keep in place of API objects: a full Pod
// takes about 18 kB of memory, a row with two containers 600 bytes.

// identity is what an informer's store needs of every row.
type identity struct {
	namespace, name, uid, version string
}

func identityOf(meta *metav1.ObjectMeta) identity {
	return identity{
		namespace: intern(meta.Namespace),
		name:      meta.Name,
		uid:       string(meta.UID),
		version:   meta.ResourceVersion,
	}
}

// GetObjectMeta lets client-go read the key and version of a row.
func (i identity) GetObjectMeta() metav1.Object {
	return &metav1.ObjectMeta{
		Namespace:       i.namespace,
		Name:            i.name,
		UID:             types.UID(i.uid),
		ResourceVersion: i.version,
	}
}

// podRow is a Redis pod.
type podRow struct {
	identity
	master     string
	owner      string // the StatefulSet that controls the pod
	ownerUID   string // likewise
	created    int64  // Unix time, seconds
	node       string
	zone       string
	ip         string
	hostIP     string
	hostname   string // with its subdomain
	announce   string // the annotation
	port       string // likewise
	role       sentinel.Role
	endpoint   string // LabelEndpoint
	containers []containerRow
	waits      *waiting // nil for a pod whose containers run, as nearly all
	revision   string   // of the StatefulSet that it was made of
	foreign    bool     // something else than a StatefulSet controls the pod
	ready      bool
	// unready: its kubelet says so, who knows; ready is also false when the kubelet is missed.
	unready bool
	// nodeSilent: see nodeSilent.
	nodeSilent bool
	// terminating: it has a deletionTimestamp. disrupted: condition
	// DisruptionTarget. finished: none of its containers will ever run again; ended: and its
	// kubelet saw them end.
	terminating, disrupted, finished, ended bool
}

type containerRow struct {
	name, id string
	ports    []portRow
	memory   int64 // its limit in bytes, 0 without one
}

type portRow struct {
	name   string
	number int
}

func toPodRow(pod *corev1.Pod) *podRow {
	row := &podRow{
		identity:    identityOf(&pod.ObjectMeta),
		created:     pod.CreationTimestamp.Unix(),
		master:      intern(pod.Labels[LabelMaster]),
		node:        intern(pod.Spec.NodeName),
		zone:        intern(pod.Labels[corev1.LabelTopologyZone]), // since Kubernetes 1.35
		ip:          sentinel.Spelled(pod.Status.PodIP),
		hostIP:      intern(pod.Status.HostIP),
		hostname:    hostname(pod),
		announce:    short(pod.Annotations[AnnotationAnnounce], mostAddress),
		port:        intern(short(pod.Annotations[AnnotationPort], mostAddress)),
		role:        sentinel.Role(intern(pod.Labels[LabelRole])),
		endpoint:    intern(pod.Labels[LabelEndpoint]),
		containers:  containerRows(pod),
		unready:     saysUnready(pod),
		ready:       isTrue(pod, corev1.PodReady),
		nodeSilent:  nodeSilent(pod),
		waits:       waitsFor(pod),
		revision:    intern(pod.Labels[appsv1.StatefulSetRevisionLabel]),
		terminating: pod.DeletionTimestamp != nil,
		disrupted:   isTrue(pod, corev1.DisruptionTarget),
		finished:    finished(pod),
		ended:       finished(pod) && allEnded(pod),
	}
	if controller := metav1.GetControllerOfNoCopy(pod); controller != nil {
		row.foreign = controller.Kind != "StatefulSet" || !strings.HasPrefix(controller.APIVersion, appsv1.GroupName+"/")
		if !row.foreign {
			row.owner, row.ownerUID = intern(controller.Name), intern(string(controller.UID))
		}
	}
	return row
}

func containerRows(pod *corev1.Pod) []containerRow {
	rows := make([]containerRow, 0, len(pod.Spec.Containers))
	for i := range pod.Spec.Containers {
		spec := &pod.Spec.Containers[i]
		row := containerRow{name: intern(spec.Name), memory: spec.Resources.Limits.Memory().Value()}
		for _, port := range spec.Ports {
			row.ports = append(row.ports, portRow{intern(port.Name), int(port.ContainerPort)})
		}
		for _, status := range pod.Status.ContainerStatuses {
			if status.Name == spec.Name {
				row.id = status.ContainerID
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// setRow is a StatefulSet.
type setRow struct {
	identity
	// master is the name that its pod template claims; empty for a StatefulSet
	// that is none of ours.
	master  string
	created time.Time
	// leaving: it is being deleted. With --cascade=orphan its pods have no controller meanwhile.
	leaving bool
	// orphans: it is being deleted without what belongs to it.
	orphans bool
	// size pods are wanted, with the ordinals from first on.
	size, first int
	// revision is the one that a rollout brings its pods to, those from an ordinal on; ""
	// where none is known, or where pods are replaced by hand alone.
	revision  string
	partition int
	// options are its annotations with our prefix; nil when there are none.
	options map[string]string
}

func toSetRow(set *appsv1.StatefulSet, selector labels.Selector) *setRow {
	row := &setRow{identity: identityOf(&set.ObjectMeta), created: set.CreationTimestamp.Time, leaving: set.DeletionTimestamp != nil, size: 1}
	row.orphans = row.leaving && slices.Contains(set.Finalizers, metav1.FinalizerOrphanDependents)
	if set.Spec.Replicas != nil {
		row.size = int(*set.Spec.Replicas)
	}
	if ordinals := set.Spec.Ordinals; ordinals != nil {
		row.first = int(ordinals.Start)
	}
	if rolls, partition := rollout(set); rolls {
		row.revision, row.partition = set.Status.UpdateRevision, partition
	}
	template := set.Spec.Template.Labels
	if selector.Matches(labels.Set(template)) {
		row.master = intern(template[LabelMaster])
	}
	for key, value := range set.Annotations {
		if strings.HasPrefix(key, Prefix) {
			if row.options == nil {
				row.options = make(map[string]string)
			}
			row.options[key] = value
		}
	}
	return row
}

// rollout tells whether the StatefulSet replaces pods of an older revision, and from which
// ordinal on.
func rollout(set *appsv1.StatefulSet) (rolls bool, partition int) {
	strategy := set.Spec.UpdateStrategy
	if strategy.RollingUpdate != nil && strategy.RollingUpdate.Partition != nil {
		partition = int(*strategy.RollingUpdate.Partition)
	}
	return strategy.Type != appsv1.OnDeleteStatefulSetStrategyType, partition
}

// outdates: the StatefulSet is to replace this pod. It names its own revision with each of
// its pods; one that has none was not made by it.
func (s *setRow) outdates(pod *podRow) bool {
	return s.revision != "" && pod.revision != "" && pod.revision != s.revision && ordinal(pod.name) >= s.first+s.partition
}

func condition(pod *corev1.Pod, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range pod.Status.Conditions {
		if pod.Status.Conditions[i].Type == kind {
			return &pod.Status.Conditions[i]
		}
	}
	return nil
}

// nodeSilent: the pod is not ready for its node's sake. Once a node is not ready, since
// nothing is heard of its kubelet, the node controller takes the condition Ready from the
// node's pods and touches nothing else (MarkPodsNotReady): what the kubelet said last, that
// the containers are ready, stands beside it. A kubelet never says so, unless it waits for
// a readiness gate.
func nodeSilent(pod *corev1.Pod) bool {
	ready := condition(pod, corev1.PodReady)
	if ready == nil || ready.Status != corev1.ConditionFalse || !isTrue(pod, corev1.ContainersReady) {
		return false
	}
	for _, gate := range pod.Spec.ReadinessGates {
		if !isTrue(pod, gate.ConditionType) {
			return false
		}
	}
	return true
}

func isTrue(pod *corev1.Pod, kind corev1.PodConditionType) bool {
	c := condition(pod, kind)
	return c != nil && c.Status == corev1.ConditionTrue
}

// saysUnready: the reason is the kubelet's. Who marks a pod because its node is not heard
// of leaves that as it is.
func saysUnready(pod *corev1.Pod) bool {
	c := condition(pod, corev1.PodReady)
	return c == nil || c.Status != corev1.ConditionTrue && c.Reason == "ContainersNotReady"
}

func finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// intern shares one copy of a text that thousands of rows repeat.
func intern(text string) string { return unique.Make(text).Value() }

// allEnded: the kubelet says so of each container. Who gives a pod up whose node is lost
// changes its phase alone, and its Redis may run on.
func allEnded(pod *corev1.Pod) bool {
	for _, status := range pod.Status.ContainerStatuses {
		if status.State.Terminated == nil {
			return false
		}
	}
	return len(pod.Status.ContainerStatuses) == len(pod.Spec.Containers)
}
