package k8s

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Labels writes the role label that plain Services select pods by. It follows
// from the record and proves nothing: a label survives the process that had it.
type Labels struct {
	client    kubernetes.Interface
	namespace string
	health    *Health
}

// Label gives a pod its role; the empty role takes the label away. It does not
// call the API server when the pod carries the role already. A pod that is gone,
// or was followed by another of its name, is left alone: that is no error.
func (l *Labels) Label(ctx context.Context, pod sentinel.Pod, role sentinel.Role) error {
	if pod.Role == role {
		return nil
	}
	patch, err := rolePatch(pod.UID, role)
	if err != nil {
		return fmt.Errorf("label pod %s: %w", pod.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, err = l.client.CoreV1().Pods(l.namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if isGone(err) {
		err = nil
	}
	l.health.note("patch", podResource, err)
	if err == nil {
		return nil
	}
	return fmt.Errorf("label pod %s: %w", pod.Name, err)
}

// isGone tells of the answers to a patch of a pod that is there no more: there is
// none of its name, or one with another UID, which the API server calls an attempt
// to change the UID.
func isGone(err error) bool {
	var status apierrors.APIStatus
	if apierrors.IsInvalid(err) && errors.As(err, &status) && status.Status().Details != nil {
		return slices.ContainsFunc(status.Status().Details.Causes, func(cause metav1.StatusCause) bool {
			return cause.Field == "metadata.uid"
		})
	}
	return apierrors.IsNotFound(err) || apierrors.IsConflict(err)
}

// rolePatch names the UID too: the API server refuses it for any other pod.
func rolePatch(uid string, role sentinel.Role) ([]byte, error) {
	var value any // null removes the label
	if role != "" {
		value = role
	}
	return json.Marshal(map[string]any{"metadata": map[string]any{
		"uid":    uid,
		"labels": map[string]any{LabelRole: value},
	}})
}
