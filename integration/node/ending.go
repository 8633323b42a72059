package node

import (
	"context"
	"syscall"
	"time"
)

// lastWord is what a container gets after SIGTERM when its preStop hook has used
// up the grace period.
const lastWord = 2 * time.Second

// end ends the container for good and returns when its process is gone.
func (c *container) end(deadline time.Time) {
	c.mu.Lock()
	launched, t := c.launched, c.task
	if !c.stopped() {
		close(c.stop)
	}
	c.mu.Unlock()
	if !launched {
		return
	}
	if t != nil {
		c.quit(t, deadline)
	}
	<-c.finished
}

func (c *container) stopped() bool {
	select {
	case <-c.stop:
		return true
	default:
		return false
	}
}

// quit ends one process as a kubelet does: preStop, SIGTERM, SIGKILL at the
// deadline. When the agent itself stops, it is killed at once.
func (c *container) quit(t task, deadline time.Time) {
	agent, gate := c.pod.agent.ctx, c.pod.machine.gate
	ctx, cancel := context.WithDeadline(agent, deadline)
	defer cancel()
	go func() { // a process that is gone ends its preStop hook
		select {
		case <-t.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	if gate.wait(agent) == nil {
		c.preStop(ctx)
	}
	if gate.wait(agent) == nil {
		c.signal(t, syscall.SIGTERM)
		wait(agent, t, max(time.Until(deadline), lastWord))
	}
	_ = gate.wait(agent)
	c.signal(t, syscall.SIGKILL)
	<-t.Done()
}

// wait waits for the end of the task, of the time, or of ctx.
func wait(ctx context.Context, t task, most time.Duration) {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-t.Done():
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (c *container) signal(t task, signal syscall.Signal) {
	if err := t.Signal(signal); err != nil {
		c.pod.log.WithField("container", c.spec.Name).WithError(err).Error("signal not sent")
	}
}

// preStop runs the hook, if there is one, and returns when it is done or ctx is.
func (c *container) preStop(ctx context.Context) {
	if c.spec.Lifecycle == nil || c.spec.Lifecycle.PreStop == nil {
		return
	}
	log := c.pod.log.WithField("container", c.spec.Name)
	hook, began := c.spec.Lifecycle.PreStop, time.Now()
	var err error
	switch {
	case hook.Exec != nil:
		_, err = c.exec(ctx, hook.Exec.Command)
	case hook.Sleep != nil:
		sleep(ctx, time.Duration(hook.Sleep.Seconds)*time.Second)
	case hook.HTTPGet != nil:
		err = c.httpGet(ctx, hook.HTTPGet)
	}
	if err != nil {
		log = log.WithError(err)
	}
	log.WithField("took", time.Since(began).Round(time.Millisecond)).Info("preStop done")
}
