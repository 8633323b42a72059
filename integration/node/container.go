package node

import (
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
)

type kind int

const (
	mainContainer kind = iota
	ordinaryInit
	sidecar
)

// container is one container of a pod over all its restarts.
type container struct {
	pod      *pod
	spec     corev1.Container
	kind     kind
	started  chan struct{} // closed when it has started for the first time
	finished chan struct{} // closed when it runs no more and will not again
	stop     chan struct{} // closed when it must not be started again
	held     *gate         // shut while a test keeps it from being started again

	// Only loop touches these.
	backoff backoff
	lastEnd time.Time

	mu       sync.Mutex
	prepared *command // for the next start
	command  *command // of what runs, or ran last
	launched bool
	task     task // nil while nothing runs
	doomed   task // the one that a probe has ended
	now      corev1.ContainerStatus
	seen     corev1.ContainerStatus // what the status says: now, some time ago
	ready    bool
	readyFor string // the container ID that ready was found out for
}

func newContainer(p *pod, spec corev1.Container, kind kind) *container {
	waiting := corev1.ContainerStatus{
		Name: spec.Name, Image: spec.Image, Started: new(false),
		State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "PodInitializing"}},
	}
	return &container{
		pod: p, spec: spec, kind: kind, now: waiting, seen: waiting,
		started: make(chan struct{}), finished: make(chan struct{}), stop: make(chan struct{}),
		held: newGate(), backoff: backoff{most: p.machine.restarts.Most},
	}
}

// launch starts the container's own goroutine.
func (c *container) launch() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.launched = true
	c.pod.agent.goDo(c.loop)
}

func (c *container) loop() {
	defer close(c.finished)
	for {
		e := end{began: time.Now()}
		t, err := c.start()
		if err != nil {
			c.pod.log.WithField("container", c.spec.Name).WithError(err).Warn("container not started")
		}
		if t != nil {
			<-t.Done()
		}
		e.at = time.Now()
		if t != nil {
			e.ours = c.isDoomed(t)
			c.tookEnd(t, e)
			if !c.again(t.ExitCode()) {
				return
			}
		}
		if !c.rest(e) {
			return
		}
	}
}

// start starts the next process. No task and no error means that the container
// is to end.
func (c *container) start() (task, error) {
	for c.pod.machine.gate.wait(c.pod.agent.ctx) == nil {
		t, err := c.startUnlessLost()
		if t != nil {
			c.startProbes(t)
		}
		if t != nil || err != nil || c.stopping() {
			return t, err
		}
	}
	return nil, nil
}

// startUnlessLost holds the lock while it starts, so that neither end nor the
// loss of the node can miss the new process.
func (c *container) startUnlessLost() (task, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopping() || c.pod.machine.gate.isShut() {
		return nil, nil
	}
	c.command = c.prepared
	t, err := c.command.start(c.pod.agent.ctx, c.now.RestartCount)
	if err != nil {
		return nil, err
	}
	lag := time.Duration(0)
	if c.now.ContainerID != "" {
		lag = c.pod.agent.options.Lag
		c.now.RestartCount++
	}
	if c.now.State.Terminated != nil {
		c.now.LastTerminationState = c.now.State
	}
	c.task = t
	c.now.ContainerID = "process://" + string(uuid.NewUUID())
	c.now.ImageID = c.spec.Image
	c.now.Started = new(false)
	c.now.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}}
	c.pod.log.WithField("container", c.spec.Name).WithField("pid", t.PID()).
		WithField("restarts", c.now.RestartCount).Info("container started")
	c.showIn(lag)
	return t, nil
}

// tookEnd takes an end down, which the status tells when a kubelet would know of it.
func (c *container) tookEnd(t task, e end) {
	c.mu.Lock()
	defer c.mu.Unlock()
	reason := "Completed"
	if t.ExitCode() != 0 {
		reason = "Error"
	}
	ended := &corev1.ContainerStateTerminated{
		ExitCode: int32(t.ExitCode()), Reason: reason,
		FinishedAt: metav1.NewTime(e.at), ContainerID: c.now.ContainerID,
	}
	if c.now.State.Running != nil {
		ended.StartedAt = c.now.State.Running.StartedAt
	}
	c.task = nil
	c.now.State = corev1.ContainerState{Terminated: ended}
	c.pod.log.WithField("container", c.spec.Name).WithField("code", ended.ExitCode).Info("container ended")
	c.showIn(c.lagOf(e))
}

// lagOf is how late an end is told: when it is noticed, or after Lag where that is at
// once, because a restart at once is to be told late, too.
func (c *container) lagOf(e end) time.Duration {
	lag := c.pod.agent.options.Lag
	if lag > 0 && c.pod.machine.restarts.Look > 0 {
		return time.Until(c.noticed(e))
	}
	return lag
}

// again says whether a container that ended with this code is started again.
func (c *container) again(code int) bool {
	policy := c.pod.spec().RestartPolicy
	switch {
	case c.stopping():
		return false
	case c.kind == sidecar:
		return true
	case c.kind == ordinaryInit:
		return code != 0 && policy != corev1.RestartPolicyNever
	default:
		return policy == corev1.RestartPolicyAlways || policy == "" ||
			policy == corev1.RestartPolicyOnFailure && code != 0
	}
}

func (c *container) stopping() bool {
	select {
	case <-c.stop:
		return true
	default:
		return c.pod.agent.ctx.Err() != nil
	}
}

// failed says whether an ordinary init container ended for good with an error.
func (c *container) failed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	ended := c.now.State.Terminated
	return ended == nil || ended.ExitCode != 0
}

func (c *container) current() task {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.task
}

// doom takes down that the agent ends a process itself, so that it will not be
// surprised.
func (c *container) doom(t task) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.doomed = t
}

func (c *container) isDoomed(t task) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.doomed == t
}
