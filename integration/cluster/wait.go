package cluster

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const pollEvery = 20 * time.Millisecond

// Eventually tries until there is no error, and ends the test with the last one
// when the time is up.
func Eventually(t testing.TB, within time.Duration, what string, try func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	last := errors.New("not tried")
	for {
		err := try(ctx)
		if err == nil {
			return
		}
		if ctx.Err() == nil {
			last = err // what comes with the end of the time explains nothing
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s: not within %v: %v", what, within, last)
		case <-time.After(pollEvery):
		}
	}
}

// Pods returns the pods that a label selector finds, by name.
func (c *Access) Pods(ctx context.Context, namespace, selector string) (map[string]corev1.Pod, error) {
	list, err := c.Client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil, err
	}
	pods := map[string]corev1.Pod{}
	for _, pod := range list.Items {
		pods[pod.Name] = pod
	}
	return pods, nil
}

// RunningPods waits until as many pods of a selector run as wanted, none of them
// ending, and returns them.
func (c *Access) RunningPods(t testing.TB, within time.Duration, namespace, selector string, want int) map[string]corev1.Pod {
	t.Helper()
	return c.await(t, within, namespace, selector, want, "running", func(pod corev1.Pod) bool {
		return pod.Status.Phase == corev1.PodRunning
	})
}

// ReadyPods is RunningPods for pods that are ready.
func (c *Access) ReadyPods(t testing.TB, within time.Duration, namespace, selector string, want int) map[string]corev1.Pod {
	t.Helper()
	return c.await(t, within, namespace, selector, want, "ready", Ready)
}

// Ready says whether a pod is ready.
func Ready(pod corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func (c *Access) await(t testing.TB, within time.Duration, namespace, selector string, want int,
	what string, is func(corev1.Pod) bool,
) (pods map[string]corev1.Pod) {
	t.Helper()
	Eventually(t, within, fmt.Sprintf("%d pods of %s %s", want, selector, what), func(ctx context.Context) (err error) {
		if pods, err = c.Pods(ctx, namespace, selector); err != nil {
			return err
		}
		good, states := 0, ""
		for name, pod := range pods {
			states += fmt.Sprintf(" %s:%s", name, pod.Status.Phase)
			if pod.DeletionTimestamp == nil && is(pod) {
				good++
			}
		}
		if good != want || len(pods) != want {
			return fmt.Errorf("%d of%s", good, states)
		}
		return nil
	})
	return pods
}

// RedisSelector finds the Redis pods of a release.
func RedisSelector(release string) string {
	return "app.kubernetes.io/component=redis,app.kubernetes.io/instance=" + release
}

// ServiceSelector finds the service's own pods of a release.
func ServiceSelector(release string) string {
	return "app.kubernetes.io/component=sentinel,app.kubernetes.io/instance=" + release
}
