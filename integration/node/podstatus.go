package node

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// status derives the pod's status from its containers'.
func (p *pod) status() corev1.PodStatus {
	inits, mains := statuses(p.inits), statuses(p.mains)
	p.mu.Lock()
	defer p.mu.Unlock()
	initialized := conditionStatus(p.initialized)
	ready := conditionStatus(p.initialized && p.containersReady(inits, mains))
	status := corev1.PodStatus{
		ObservedGeneration: p.object.Generation,
		Phase:              p.phase(mains),
		HostIP:             hostIP, HostIPs: []corev1.HostIP{{IP: hostIP}},
		StartTime:             &p.started,
		InitContainerStatuses: inits, ContainerStatuses: mains,
		Conditions: []corev1.PodCondition{
			p.condition(corev1.PodScheduled, corev1.ConditionTrue),
			p.condition(corev1.PodInitialized, initialized),
			p.condition(corev1.ContainersReady, ready),
			p.condition(corev1.PodReady, p.withGates(ready)),
		},
	}
	if p.ip != "" {
		status.PodIP, status.PodIPs = p.ip, []corev1.PodIP{{IP: p.ip}}
	}
	return status
}

func statuses(containers []*container) []corev1.ContainerStatus {
	var list []corev1.ContainerStatus
	for _, c := range containers {
		list = append(list, c.status())
	}
	return list
}

func (p *pod) containersReady(inits, mains []corev1.ContainerStatus) bool {
	for i, status := range inits {
		if p.inits[i].kind == sidecar && !status.Ready {
			return false
		}
	}
	for _, status := range mains {
		if !status.Ready {
			return false
		}
	}
	return true
}

// withGates lowers readiness by the conditions that the pod's readiness gates name.
func (p *pod) withGates(ready corev1.ConditionStatus) corev1.ConditionStatus {
	for _, gate := range p.object.Spec.ReadinessGates {
		passed := false
		for _, condition := range p.object.Status.Conditions {
			passed = passed || condition.Type == gate.ConditionType && condition.Status == corev1.ConditionTrue
		}
		if !passed {
			return corev1.ConditionFalse
		}
	}
	return ready
}

// phase follows the rule that a pod runs until each of its main containers has
// ended and will not be started again.
func (p *pod) phase(mains []corev1.ContainerStatus) corev1.PodPhase {
	if !p.initialized {
		if p.initFailed() {
			return corev1.PodFailed
		}
		return corev1.PodPending
	}
	failed := false
	for i, status := range mains {
		select {
		case <-p.mains[i].finished:
		default:
			return corev1.PodRunning
		}
		failed = failed || status.State.Terminated == nil || status.State.Terminated.ExitCode != 0
	}
	if failed {
		return corev1.PodFailed
	}
	return corev1.PodSucceeded
}

func (p *pod) initFailed() bool {
	for _, c := range p.inits {
		select {
		case <-c.finished:
			if c.kind == ordinaryInit && c.failed() {
				return true
			}
		default:
		}
	}
	return p.ending.Err() != nil
}

// condition keeps the time of the last change. It is called with the lock.
func (p *pod) condition(name corev1.PodConditionType, status corev1.ConditionStatus) corev1.PodCondition {
	condition := p.conditions[name]
	if condition.Status != status {
		condition = corev1.PodCondition{Type: name, Status: status, LastTransitionTime: metav1.Now()}
		p.conditions[name] = condition
	}
	return condition
}

func conditionStatus(is bool) corev1.ConditionStatus {
	if is {
		return corev1.ConditionTrue
	}
	return corev1.ConditionFalse
}
