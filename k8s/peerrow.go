package k8s

import (
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// peerRow is a pod of the service itself.
type peerRow struct {
	identity
	ip string
	// port is the one that a container calls sentinel; 0 without.
	port     int
	ready    bool
	leaving  bool // it is being deleted
	finished bool
	// since is when it ceased to be ready; zero while it is.
	since time.Time
	// announce is the annotation with what clients are told in place of its IP and port.
	announce string
	// workload is what its controller belongs to, "" without one: see workload.
	workload string
}

func toPeerRow(pod *corev1.Pod) *peerRow {
	row := &peerRow{identity: identityOf(&pod.ObjectMeta), ip: sentinel.Spelled(pod.Status.PodIP), port: sentinelPort(pod), finished: finished(pod), workload: workload(pod), announce: short(pod.Annotations[AnnotationAnnounceSentinel], mostAddress)}
	ready := condition(pod, corev1.PodReady)
	switch {
	case pod.DeletionTimestamp != nil:
		row.leaving = true
		row.since = pod.DeletionTimestamp.Time
		if grace := pod.DeletionGracePeriodSeconds; grace != nil { // the timestamp is the end of the grace period
			row.since = row.since.Add(-time.Duration(*grace) * time.Second)
		}
	case ready == nil:
		row.since = pod.CreationTimestamp.Time
	case ready.Status != corev1.ConditionTrue:
		row.since = ready.LastTransitionTime.Time
	default:
		row.ready = true
	}
	return row
}

// workload names the controller of a pod; that of a ReplicaSet without its hash, since those
// of one Deployment differ by it alone.
func workload(pod *corev1.Pod) string {
	controller := metav1.GetControllerOfNoCopy(pod)
	if controller == nil {
		return ""
	}
	name := strings.TrimSuffix(controller.Name, "-"+pod.Labels[appsv1.DefaultDeploymentUniqueLabelKey])
	return intern(controller.Kind + "/" + name)
}

// sentinelPort finds the port among sidecars too, which are init containers.
func sentinelPort(pod *corev1.Pod) int {
	for _, containers := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for i := range containers {
			for _, port := range containers[i].Ports {
				if port.Name == "sentinel" {
					return int(port.ContainerPort)
				}
			}
		}
	}
	return 0
}
