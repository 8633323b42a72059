package embedded

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// remove deletes an object. A pod that runs on a node is only marked: the node
// agent ends its containers and then deletes it with no grace.
func (s *store) remove(k kind, namespace, name string, options metav1.DeleteOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	was, err := s.get(k, namespace, name)
	if err != nil {
		return err
	}
	if err := matches(k, was, options.Preconditions); err != nil {
		return err
	}
	pod, isPod := was.(*corev1.Pod)
	if !isPod || pod.Spec.NodeName == "" {
		s.commit(k, was, nil)
		return nil
	}
	grace := gracePeriod(pod, options.GracePeriodSeconds)
	switch {
	case grace == 0:
		s.commit(k, was, nil)
	case pod.DeletionTimestamp == nil || grace < *pod.DeletionGracePeriodSeconds:
		s.commit(k, was, ending(pod, grace))
	}
	return nil
}

func gracePeriod(pod *corev1.Pod, asked *int64) int64 {
	switch {
	case asked != nil:
		return max(*asked, 0)
	case pod.Spec.TerminationGracePeriodSeconds != nil:
		return *pod.Spec.TerminationGracePeriodSeconds
	default:
		return corev1.DefaultTerminationGracePeriodSeconds
	}
}

// ending marks a pod; its timestamp is the end of the grace period.
func ending(pod *corev1.Pod, grace int64) *corev1.Pod {
	marked := pod.DeepCopy()
	end := metav1.NewTime(time.Now().Add(time.Duration(grace) * time.Second).Truncate(time.Second))
	marked.DeletionTimestamp, marked.DeletionGracePeriodSeconds = &end, &grace
	return marked
}
