package node

import (
	"fmt"
	"path/filepath"
	"syscall"
)

// Process is what runs behind a container at this moment.
type Process struct {
	PID         int    // 0 for a container inside this program, and while nothing runs
	IP          string // the pod's
	ContainerID string // as it is now, not as the status says
	Restarts    int32
}

// Process returns the process of a pod's container.
func (a *Agent) Process(namespace, name, container string) (Process, error) {
	p, c, err := a.find(namespace, name, container)
	if err != nil {
		return Process{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	process := Process{IP: p.address(), ContainerID: c.now.ContainerID, Restarts: c.now.RestartCount}
	if c.task != nil {
		process.PID = c.task.PID()
	}
	return process, nil
}

// Signal sends a signal to a container's process; the pod knows nothing of it.
// SIGKILL is a crash, SIGSTOP a process that hangs until SIGCONT.
func (a *Agent) Signal(namespace, name, container string, signal syscall.Signal) error {
	_, c, err := a.find(namespace, name, container)
	if err != nil {
		return err
	}
	t := c.current()
	if t == nil {
		return fmt.Errorf("container %s of pod %s does not run", container, name)
	}
	return t.Signal(signal)
}

// Hold keeps a container from being started again after its next end, beyond any
// back-off, until release is called, as on a node that cannot start it. What runs now
// is not touched.
func (a *Agent) Hold(namespace, name, container string) (release func(), err error) {
	_, c, err := a.find(namespace, name, container)
	if err != nil {
		return nil, err
	}
	c.held.shut()
	return c.held.reopen, nil
}

// LogDir returns the folder with the output of a container, a file for each
// restart: 0.log, 1.log and so on. It outlives the pod.
func (a *Agent) LogDir(namespace, name, container string) (string, error) {
	p, c, err := a.find(namespace, name, container)
	if err != nil {
		return "", err
	}
	return filepath.Join(p.dir, c.spec.Name), nil
}

// LoseNode makes a node fall silent: its processes are frozen where they are,
// with their connections open, nothing is reported and no order is carried out.
func (a *Agent) LoseNode(name string) error {
	return a.everyTask(name, func(m *machine) { m.gate.shut() }, syscall.SIGSTOP)
}

// RestoreNode lets a lost node go on as if no time had passed for it.
func (a *Agent) RestoreNode(name string) error {
	return a.everyTask(name, func(m *machine) { m.gate.reopen() }, syscall.SIGCONT)
}

func (a *Agent) everyTask(node string, first func(*machine), signal syscall.Signal) error {
	m := a.machines[node]
	if m == nil {
		return fmt.Errorf("no node %q", node)
	}
	first(m)
	for _, p := range a.snapshot() {
		if p.machine != m {
			continue
		}
		for _, c := range p.containers() {
			// Under its lock a container starts nothing: see startUnlessLost.
			if t := c.current(); t != nil {
				if err := t.Signal(signal); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// find returns a pod's container; of two pods of one name the one that is not ending.
func (a *Agent) find(namespace, name, wanted string) (*pod, *container, error) {
	var found *pod
	for _, p := range a.snapshot() {
		object := p.latest()
		if object.Namespace == namespace && object.Name == name && (found == nil || found.ending.Err() != nil) {
			found = p
		}
	}
	if found == nil {
		return nil, nil, fmt.Errorf("no pod %s/%s on these nodes", namespace, name)
	}
	c, err := found.find(wanted)
	return found, c, err
}
