package embedded

import (
	"context"
	"fmt"
	"strconv"

	"github.com/sirupsen/logrus"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
)

// controller makes the pods of StatefulSets, all at once (podManagementPolicy
// Parallel), and binds each to a node by its ordinal. It writes no status, keeps
// no revisions and so rolls nothing out.
type controller struct {
	client   kubernetes.Interface
	nodes    int
	annotate func(podName string) map[string]string // may be nil
	log      logrus.FieldLogger
}

// run goes on until ctx is done. The watches are those of this program's own API,
// which do not break.
func (c *controller) run(ctx context.Context) error {
	sets, err := c.client.AppsV1().StatefulSets(metav1.NamespaceAll).Watch(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	defer sets.Stop()
	pods, err := c.client.CoreV1().Pods(metav1.NamespaceAll).Watch(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	defer pods.Stop()
	for {
		var event watch.Event
		select {
		case <-ctx.Done():
			return nil
		case event = <-sets.ResultChan():
		case event = <-pods.ResultChan():
			if event.Type == watch.Modified {
				continue // status: nothing to make
			}
		}
		if err := c.reconcile(ctx); err != nil && ctx.Err() == nil {
			c.log.WithError(err).Error("pods not made")
		}
	}
}

func (c *controller) reconcile(ctx context.Context) error {
	sets, err := c.client.AppsV1().StatefulSets(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range sets.Items {
		if err := c.fill(ctx, &sets.Items[i]); err != nil {
			return fmt.Errorf("stateful set %s: %w", sets.Items[i].Name, err)
		}
	}
	return nil
}

// fill makes the pods that are missing and deletes those that are too many. A pod
// that is ending keeps its name: its successor comes when it is gone.
func (c *controller) fill(ctx context.Context, set *appsv1.StatefulSet) error {
	pods := c.client.CoreV1().Pods(set.Namespace)
	list, err := pods.List(ctx, metav1.ListOptions{LabelSelector: metav1.FormatLabelSelector(set.Spec.Selector)})
	if err != nil {
		return err
	}
	there := map[string]bool{}
	for i := range list.Items {
		there[list.Items[i].Name] = true
	}
	wanted := map[string]bool{}
	for ordinal := range int(*set.Spec.Replicas) {
		pod := c.newPod(set, ordinal)
		wanted[pod.Name] = true
		if there[pod.Name] {
			continue
		}
		if _, err := pods.Create(ctx, pod, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	for i := range list.Items {
		pod := &list.Items[i]
		if wanted[pod.Name] || pod.DeletionTimestamp != nil || !metav1.IsControlledBy(pod, set) {
			continue
		}
		if err := pods.Delete(ctx, pod.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

func (c *controller) newPod(set *appsv1.StatefulSet, ordinal int) *corev1.Pod {
	template := set.Spec.Template.DeepCopy()
	pod := &corev1.Pod{ObjectMeta: template.ObjectMeta, Spec: template.Spec}
	pod.Name = set.Name + "-" + strconv.Itoa(ordinal)
	pod.Namespace = set.Namespace
	pod.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(set, appsv1.SchemeGroupVersion.WithKind("StatefulSet"))}
	pod.Labels[appsv1.StatefulSetPodNameLabel] = pod.Name
	pod.Labels[appsv1.PodIndexLabel] = strconv.Itoa(ordinal)
	pod.Spec.Hostname, pod.Spec.Subdomain = pod.Name, set.Spec.ServiceName
	pod.Spec.NodeName = fmt.Sprintf("node-%d", ordinal%c.nodes)
	if c.annotate != nil {
		pod.Annotations = c.annotate(pod.Name) // a set of ours has none in its template
	}
	return pod
}
