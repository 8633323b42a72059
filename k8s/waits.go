package k8s

import (
	"cmp"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// mostWaits bounds what a pod is told to wait for.
const mostWaits = 200

// waiting is what a pod waits for, or its containers by name.
type waiting struct {
	pod        string
	containers map[string]string
}

// waitsFor is nil where nothing waits.
func waitsFor(pod *corev1.Pod) *waiting {
	var w *waiting
	if why := unscheduled(pod); why != "" {
		w = &waiting{pod: why}
	}
	for i := range pod.Status.ContainerStatuses {
		status := &pod.Status.ContainerStatuses[i]
		why := short(waits(status), mostWaits)
		switch {
		case why == "":
			continue
		case w == nil:
			w = &waiting{}
		}
		if w.containers == nil {
			w.containers = map[string]string{}
		}
		w.containers[status.Name] = why
	}
	return w
}

// of is what a container waits for, "" for nothing.
func (w *waiting) of(container string) string {
	if w == nil {
		return ""
	}
	return cmp.Or(w.pod, w.containers[container])
}

// unscheduled is why the scheduler finds no node for a pod, "" once it has one.
func unscheduled(pod *corev1.Pod) string {
	c := condition(pod, corev1.PodScheduled)
	if c == nil || c.Status != corev1.ConditionFalse {
		return ""
	}
	return short("no node takes it: "+told(c.Reason, c.Message), mostWaits)
}

// waits is why a container does not run, in the kubelet's words; "" while it runs. What
// alternates by itself, and what counts up, is left out: one cause has one text, but for the
// moments in which a container that ends again and again does run.
func waits(status *corev1.ContainerStatus) string {
	state := status.State
	switch {
	case state.Waiting == nil && state.Terminated != nil && status.RestartCount > 0: // it will wait in a moment
		return endsAgain(state.Terminated)
	case state.Waiting == nil:
		return ""
	}
	switch state.Waiting.Reason {
	case "ContainerCreating", "PodInitializing": // for good, if a Secret is not there: only an Event says so
		return "its container is not made yet (" + state.Waiting.Reason + ")"
	case "ErrImagePull", "ImagePullBackOff": // by turns
		return "its image cannot be pulled (ImagePullBackOff)"
	case "CrashLoopBackOff":
		return endsAgain(status.LastTerminationState.Terminated)
	}
	return "its container cannot start: " + told(state.Waiting.Reason, state.Waiting.Message)
}

// endsAgain tells how the container ended before it had to wait.
func endsAgain(ended *corev1.ContainerStateTerminated) string {
	how := ""
	switch {
	case ended == nil:
	case ended.Reason != "" && ended.Reason != "Error" && ended.Reason != "Completed":
		how = ", " + ended.Reason
	default:
		how = fmt.Sprintf(", exit code %d", ended.ExitCode)
	}
	return "its container ends again and again (CrashLoopBackOff" + how + ")"
}

// told is a reason with its message in one line.
func told(reason, message string) string {
	if message == "" {
		return reason
	}
	return reason + ": " + strings.Join(strings.Fields(message), " ")
}
