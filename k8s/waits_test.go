package k8s

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestWaits: what kubelets say. On real ones no image, no Secret, a wrong option and no node are
// tried by integration/realnodes/everyday, TestNoMasterAndWhy.
func TestWaits(t *testing.T) {
	waiting := func(reason, message string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
	}
	ended := func(reason string, code int32) corev1.ContainerState {
		return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: reason, ExitCode: code}}
	}
	for _, c := range []struct {
		name      string
		now, last corev1.ContainerState
		want      string
	}{
		{"running", corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}, ended("Error", 1), ""},
		{"not made", waiting("ContainerCreating", ""), corev1.ContainerState{}, "its container is not made yet (ContainerCreating)"},
		{"no image", waiting("ErrImagePull", "rpc error: code = NotFound"), corev1.ContainerState{}, "its image cannot be pulled (ImagePullBackOff)"},
		{"no image still", waiting("ImagePullBackOff", `Back-off pulling image "redis:no"`), corev1.ContainerState{}, "its image cannot be pulled (ImagePullBackOff)"},
		{
			"image never pulled", waiting("ErrImageNeverPull", "Container image \"redis:no\" is not present\n with pull policy of Never"),
			corev1.ContainerState{},
			`its container cannot start: ErrImageNeverPull: Container image "redis:no" is not present with pull policy of Never`,
		},
		{"no Secret", waiting("CreateContainerConfigError", `secret "redis" not found`), corev1.ContainerState{}, `its container cannot start: CreateContainerConfigError: secret "redis" not found`},
		{"wrong option", waiting("CrashLoopBackOff", "back-off 20s restarting failed container=redis"), ended("Error", 1), "its container ends again and again (CrashLoopBackOff, exit code 1)"},
		{"wrong option, between two waits", ended("Error", 1), ended("Error", 1), "its container ends again and again (CrashLoopBackOff, exit code 1)"},
		{"ended once", ended("Error", 1), corev1.ContainerState{}, ""},
		{"too little memory", waiting("CrashLoopBackOff", "back-off 40s restarting failed container=redis"), ended("OOMKilled", 137), "its container ends again and again (CrashLoopBackOff, OOMKilled)"},
	} {
		pod := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "redis"}}}}
		restarts := int32(0)
		if c.last.Terminated != nil {
			restarts = 1
		}
		pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "redis", State: c.now, LastTerminationState: c.last, RestartCount: restarts}}
		if got := waitsOf(pod); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestWaitsForANode: whoever writes the message, it is bounded.
func TestWaitsForANode(t *testing.T) {
	pod := &corev1.Pod{}
	condition := corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/3 nodes are available: 3 Insufficient memory."}
	pod.Status.Conditions = []corev1.PodCondition{condition}
	if got := waitsOf(pod); got != "no node takes it: Unschedulable: 0/3 nodes are available: 3 Insufficient memory." {
		t.Error(got)
	}
	pod.Status.Conditions[0].Message = strings.Repeat("m", 1<<20)
	if got := waitsOf(pod); len(got) != mostWaits {
		t.Errorf("%d bytes, want %d", len(got), mostWaits)
	}
	pod.Status.Conditions[0].Status = corev1.ConditionTrue
	if got := waitsOf(pod); got != "" {
		t.Error(got)
	}
}

func waitsOf(pod *corev1.Pod) string {
	return toPod(toPodRow(pod), 0, func(*podRow, int) sentinel.Addr { return sentinel.Addr{} }).Waits
}
