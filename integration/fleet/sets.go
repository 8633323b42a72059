package fleet

import (
	"context"
	"fmt"
	"strconv"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

// What Kubernetes knows of the servers. No node agent runs: the pods are written as
// one would have left them.

const (
	namespace   = "fleet"
	leasePrefix = "fleet-"
	nodes       = 3
)

// declare makes the StatefulSet of a set and its pods, which run and are ready.
func declare(ctx context.Context, client kubernetes.Interface, set *Set, downAfter time.Duration) error {
	object := statefulSet(set)
	if downAfter > 0 {
		object.Annotations = map[string]string{k8s.Prefix + "down-after-milliseconds": strconv.FormatInt(downAfter.Milliseconds(), 10)}
	}
	made, err := client.AppsV1().StatefulSets(namespace).Create(ctx, object, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("stateful set %s: %w", set.Name, err)
	}
	for ordinal, server := range set.Servers {
		if err := createPod(ctx, client, redisPod(made, ordinal, server), server.Host, containerID(server)); err != nil {
			return err
		}
	}
	return nil
}

func createPod(ctx context.Context, client kubernetes.Interface, pod *corev1.Pod, ip, containerID string) error {
	pods := client.CoreV1().Pods(namespace)
	made, err := pods.Create(ctx, pod, metav1.CreateOptions{})
	if err == nil {
		made.Status = running(made, ip, containerID, 0)
		_, err = pods.UpdateStatus(ctx, made, metav1.UpdateOptions{})
	}
	if err != nil {
		return fmt.Errorf("pod %s: %w", pod.Name, err)
	}
	return nil
}

// tellRestart is what a kubelet writes when it has started a container anew. The service
// may label the pod in the same moment.
func tellRestart(ctx context.Context, client kubernetes.Interface, set *Set, ordinal int) error {
	pods := client.CoreV1().Pods(namespace)
	server := set.Servers[ordinal]
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		pod, err := pods.Get(ctx, podName(set, ordinal), metav1.GetOptions{})
		if err != nil {
			return err
		}
		pod.Status = running(pod, server.Host, containerID(server), pod.Status.ContainerStatuses[0].RestartCount+1)
		_, err = pods.UpdateStatus(ctx, pod, metav1.UpdateOptions{})
		return err
	})
}

func podName(set *Set, ordinal int) string { return set.Name + "-" + strconv.Itoa(ordinal) }

func containerID(s *Server) string { return "fleet://" + s.State().RunID }

func setLabels(master string) map[string]string {
	return map[string]string{"app": "redis", k8s.LabelMaster: master}
}

func statefulSet(set *Set) *appsv1.StatefulSet {
	return &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Name: set.Name, Namespace: namespace},
		Spec: appsv1.StatefulSetSpec{
			Replicas: new(int32(len(set.Servers))),
			Selector: &metav1.LabelSelector{MatchLabels: setLabels(set.Name)},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: setLabels(set.Name)}},
		},
	}
}

func redisPod(owner *appsv1.StatefulSet, ordinal int, server *Server) *corev1.Pod {
	labels := setLabels(owner.Name)
	labels[appsv1.StatefulSetPodNameLabel] = owner.Name + "-" + strconv.Itoa(ordinal)
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: labels[appsv1.StatefulSetPodNameLabel], Labels: labels,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, appsv1.SchemeGroupVersion.WithKind("StatefulSet"))},
		},
		Spec: corev1.PodSpec{
			NodeName:   fmt.Sprintf("node-%d", ordinal%nodes),
			Containers: []corev1.Container{container("redis", "redis", server.Port)},
		},
	}
}

func servicePod(number int) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "sentinel-" + strconv.Itoa(number), Labels: map[string]string{"app": "sentinel"}},
		Spec: corev1.PodSpec{
			NodeName:   fmt.Sprintf("node-%d", number%nodes),
			Containers: []corev1.Container{container("sentinel", "sentinel", SentinelPort)},
		},
	}
}

func container(name, port string, number int) corev1.Container {
	return corev1.Container{Name: name, Ports: []corev1.ContainerPort{{Name: port, ContainerPort: int32(number)}}}
}

// running is the status of a pod that is ready.
func running(pod *corev1.Pod, ip, containerID string, restarts int32) corev1.PodStatus {
	now := metav1.Now().Rfc3339Copy()
	return corev1.PodStatus{
		Phase: corev1.PodRunning, PodIP: ip, PodIPs: []corev1.PodIP{{IP: ip}}, StartTime: &now,
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: now}},
		ContainerStatuses: []corev1.ContainerStatus{{
			Name: pod.Spec.Containers[0].Name, ContainerID: containerID, Ready: true, RestartCount: restarts,
			State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}},
		}},
	}
}
