package node

import (
	"context"
	"encoding/json"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// id returns the ID of the container as it is now.
func (c *container) id() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now.ContainerID
}

// showIn makes the status say what is so now, or what is so when lag has passed.
// It is called with the lock.
func (c *container) showIn(lag time.Duration) {
	if lag <= 0 {
		c.show()
		return
	}
	time.AfterFunc(lag, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.show()
	})
}

func (c *container) show() {
	c.seen = c.now
	if c.readyFor != c.seen.ContainerID {
		c.ready = false // that was another process
	}
	c.pod.touch()
}

// foundStarted is the startup probe's news.
func (c *container) foundStarted(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.ContainerID != id {
		return
	}
	c.now.Started = new(true)
	if c.seen.ContainerID == id {
		c.seen.Started = c.now.Started
	}
	if c.spec.ReadinessProbe == nil {
		c.ready, c.readyFor = true, id
	}
	select {
	case <-c.started:
	default:
		close(c.started)
	}
	c.pod.touch()
}

// foundReady is the readiness probe's news. While the status still shows the
// process before, it is that one's readiness that seems to change: as with a kubelet.
func (c *container) foundReady(id string, ready bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now.ContainerID != id {
		return
	}
	if c.ready != ready || c.readyFor != id {
		c.ready, c.readyFor = ready, id
		c.pod.touch()
	}
}

// status returns what the pod's status says about the container.
func (c *container) status() corev1.ContainerStatus {
	c.mu.Lock()
	defer c.mu.Unlock()
	status := c.seen
	running := status.State.Running != nil
	status.Ready = running && c.ready
	if c.kind == ordinaryInit {
		status.Ready = status.State.Terminated != nil && status.State.Terminated.ExitCode == 0
	}
	return status
}

// touch asks for a report.
func (p *pod) touch() {
	select {
	case p.dirty <- struct{}{}:
	default:
	}
}

// startReporting reports each change until the returned function is called, which
// waits for the last one.
func (p *pod) startReporting() (stop func()) {
	ctx, cancel := context.WithCancel(p.agent.ctx)
	done := make(chan struct{})
	p.touch()
	go func() {
		defer close(done)
		last := ""
		for {
			select {
			case <-ctx.Done():
				return
			case <-p.dirty:
				last = p.report(ctx, p.status(), last)
			}
		}
	}()
	return func() { cancel(); <-done }
}

// report writes the status to the API server, unless it is the last one that was
// written, and tries again later when that fails. It returns what is written now.
func (p *pod) report(ctx context.Context, status corev1.PodStatus, last string) string {
	object := p.latest()
	// The UID turns the patch of a namesake into a conflict.
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"uid": p.uid}, "status": status})
	if err != nil || string(patch) == last || p.isGone() || p.machine.gate.wait(ctx) != nil {
		return last
	}
	_, err = p.agent.options.Client.CoreV1().Pods(object.Namespace).
		Patch(ctx, object.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	switch {
	case err == nil:
		return string(patch)
	case apierrors.IsNotFound(err) || apierrors.IsConflict(err) || ctx.Err() != nil:
		return last
	}
	p.log.WithError(err).Warn("status not reported")
	time.AfterFunc(retryEvery, p.touch)
	return last
}

// sayFarewell reports the end and removes the object once it may be removed.
func (p *pod) sayFarewell() {
	for _, c := range p.containers() {
		c.mu.Lock()
		c.show()
		c.mu.Unlock()
	}
	p.report(p.agent.ctx, p.status(), "")
	<-p.ending.Done()
	object := p.latest()
	for !p.isGone() && p.machine.gate.wait(p.agent.ctx) == nil {
		err := p.agent.options.Client.CoreV1().Pods(object.Namespace).Delete(p.agent.ctx, object.Name,
			metav1.DeleteOptions{GracePeriodSeconds: new(int64(0)), Preconditions: &metav1.Preconditions{UID: &p.uid}})
		if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return
		}
		sleep(p.agent.ctx, retryEvery)
	}
}

func (p *pod) isGone() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.gone
}
