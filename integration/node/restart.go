package node

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// leastLife keeps a program that dies at once from being started in a busy loop
// where there is no back-off.
const leastLife = 500 * time.Millisecond

// end is one end of a container's process, or a start that failed.
type end struct {
	began time.Time
	at    time.Time
	ours  bool // the agent ended it itself, because of a probe
}

// noticed is when the agent learns of an end.
func (c *container) noticed(e end) time.Time {
	if e.ours {
		return e.at
	}
	return c.pod.machine.looks.after(e.at)
}

// due is when the back-off ends that an end of the container brings about.
func (c *container) due(e end) time.Time {
	switch {
	case c.backoff.most < 0:
		return e.began.Add(leastLife)
	case e.ours:
		return c.backoff.untilKilled(c.lastEnd, e.at)
	default:
		return c.backoff.until(e.at)
	}
}

// rest waits until the container may be started again after this end; false when it
// will not be.
func (c *container) rest(e end) bool {
	if !c.sleepUntil(c.noticed(e)) {
		return false
	}
	if due := c.due(e); due.After(time.Now()) {
		c.tellBackOff(due.Sub(e.at))
		if !c.sleepUntil(due) {
			return false
		}
	}
	if !c.awaitRelease() {
		return false
	}
	if !e.ours || !c.lastEnd.IsZero() { // else a kubelet does not count it
		c.backoff.restarted(time.Now())
	}
	c.lastEnd = e.at
	return true
}

// sleepUntil waits; false when the container will not be started again.
func (c *container) sleepUntil(at time.Time) bool {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-c.stop:
	case <-c.pod.agent.ctx.Done():
	}
	return false
}

// awaitRelease waits while a test holds the container; false when it will not be
// started again.
func (c *container) awaitRelease() bool {
	select {
	case <-c.held.channel():
		return true
	case <-c.stop:
	case <-c.pod.agent.ctx.Done():
	}
	return false
}

// tellBackOff lets the status say that the container waits, as a kubelet's does from
// the look on that finds the end.
func (c *container) tellBackOff(pause time.Duration) {
	if c.backoff.most < 0 {
		return // leastLife is the agent's own
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	object := c.pod.latest()
	if c.now.State.Terminated != nil {
		c.now.LastTerminationState = c.now.State
	}
	c.now.State = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{
		Reason: "CrashLoopBackOff",
		Message: fmt.Sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)",
			pause, c.spec.Name, object.Name, object.Namespace, c.pod.uid),
	}}
	c.pod.log.WithField("container", c.spec.Name).WithField("pause", pause).Info("container in back-off")
	c.show()
}
