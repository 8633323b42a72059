package node

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

const retryEvery = 200 * time.Millisecond

// pod is one pod from its arrival on the node until its object is removed. Its
// goroutine is run; the containers have their own.
type pod struct {
	agent   *Agent
	machine *machine
	log     logrus.FieldLogger
	uid     types.UID
	dir     string

	inits []*container // in the order of the spec; sidecars are among them
	mains []*container

	ending context.Context // done when the pod is to end, or the agent
	end    context.CancelFunc
	dirty  chan struct{} // holds one token while the status has to be reported

	mu          sync.Mutex
	object      *corev1.Pod
	ip          string
	volumes     map[string]string // by name: the folder
	started     metav1.Time
	initialized bool
	gone        bool          // the object was removed by somebody else
	grace       time.Duration // valid when ending is done
	conditions  map[corev1.PodConditionType]corev1.PodCondition
}

func newPod(a *Agent, m *machine, object *corev1.Pod) *pod {
	p := &pod{
		agent: a, machine: m, object: object, uid: object.UID, started: metav1.Now(),
		log: a.options.Log.WithFields(logrus.Fields{
			"namespace": object.Namespace, "pod": object.Name, "node": m.name,
		}),
		dir:        filepath.Join(a.options.Dir, object.Namespace+"_"+object.Name+"_"+string(object.UID)),
		dirty:      make(chan struct{}, 1),
		conditions: map[corev1.PodConditionType]corev1.PodCondition{},
	}
	p.ending, p.end = context.WithCancel(a.ctx)
	for _, spec := range object.Spec.InitContainers {
		kind := ordinaryInit
		if spec.RestartPolicy != nil && *spec.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			kind = sidecar
		}
		p.inits = append(p.inits, newContainer(p, spec, kind))
	}
	for _, spec := range object.Spec.Containers {
		p.mains = append(p.mains, newContainer(p, spec, mainContainer))
	}
	return p
}

// see takes the newest state of the object; a deletionTimestamp ends the pod.
func (p *pod) see(object *corev1.Pod) {
	p.mu.Lock()
	p.object = object
	p.mu.Unlock()
	if object.DeletionTimestamp != nil && object.DeletionGracePeriodSeconds != nil {
		p.endWithin(*object.DeletionGracePeriodSeconds)
	}
}

// miss ends the pod after its object was removed by force: with the grace that
// its spec promises, as kubelets do, so that it lives on for a while unseen.
func (p *pod) miss() {
	p.mu.Lock()
	p.gone = true
	p.mu.Unlock()
	grace := int64(corev1.DefaultTerminationGracePeriodSeconds)
	if own := p.spec().TerminationGracePeriodSeconds; own != nil {
		grace = *own
	}
	p.endWithin(grace)
}

func (p *pod) endWithin(seconds int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ending.Err() == nil {
		p.grace = time.Duration(seconds) * time.Second
		p.log.WithField("grace", p.grace).Info("pod ending")
		p.end()
	}
}

func (p *pod) run() {
	defer p.agent.forget(p)
	defer p.end()
	address, release, err := p.takeAddress()
	if err != nil {
		p.log.WithError(err).Error("pod not started")
		return
	}
	defer release()
	p.mu.Lock()
	p.ip = address
	p.mu.Unlock()
	p.log.WithField("ip", address).Info("pod started")

	stopReporting := p.startReporting()
	p.live()
	p.terminate()
	stopReporting()
	p.sayFarewell()
	p.log.Info("pod ended")
}

// takeAddress gives the pod an address of its own, or the node's if it asks for
// the host's network.
func (p *pod) takeAddress() (address string, release func(), err error) {
	if p.spec().HostNetwork {
		return hostIP, func() {}, nil
	}
	return p.machine.addresses.take()
}

// live brings the pod up and returns when it is to end or all its main containers
// have ended for good.
func (p *pod) live() {
	if !p.retry("volumes", p.makeVolumes) || !p.prepareContainers() || !p.runInits() {
		return
	}
	p.mu.Lock()
	p.initialized = true
	p.mu.Unlock()
	for _, c := range p.mains {
		c.launch()
	}
	for _, c := range p.mains {
		select {
		case <-c.finished:
		case <-p.ending.Done():
			return
		}
	}
}

func (p *pod) prepareContainers() bool {
	for _, c := range p.containers() {
		if !p.retry("container "+c.spec.Name, c.prepare) {
			return false
		}
	}
	return true
}

// runInits runs the init containers one by one; a sidecar counts as done when it
// has started.
func (p *pod) runInits() bool {
	for _, c := range p.inits {
		c.launch()
		done := c.finished
		if c.kind == sidecar {
			done = c.started
		}
		select {
		case <-done:
		case <-p.ending.Done():
			return false
		}
		if c.kind == ordinaryInit && c.failed() {
			return false
		}
	}
	return true
}

// terminate ends all containers: the main ones together, then the sidecars in
// reverse order, all within the grace period.
func (p *pod) terminate() {
	p.mu.Lock()
	deadline := time.Now().Add(p.grace)
	p.mu.Unlock()
	var group sync.WaitGroup
	for _, c := range p.containers() {
		if c.kind != sidecar {
			group.Go(func() { c.end(deadline) })
		}
	}
	group.Wait()
	for _, c := range slices.Backward(p.inits) {
		c.end(deadline)
	}
}

// retry tries until it works (a Secret may come later) and says whether it did
// before the pod had to end.
func (p *pod) retry(what string, try func(context.Context) error) bool {
	said := ""
	for p.machine.gate.wait(p.ending) == nil {
		err := try(p.ending)
		if err == nil {
			return true
		}
		if said != err.Error() {
			said = err.Error()
			p.log.WithError(err).Warn(what + " not ready")
		}
		sleep(p.ending, retryEvery)
	}
	return false
}

func (p *pod) containers() []*container { return slices.Concat(p.inits, p.mains) }

// spec returns the pod's spec; nothing that matters here changes in it.
func (p *pod) spec() *corev1.PodSpec { return &p.latest().Spec }

func (p *pod) latest() *corev1.Pod {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.object
}

func (p *pod) address() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.ip
}

func (p *pod) find(name string) (*container, error) {
	for _, c := range p.containers() {
		if c.spec.Name == name {
			return c, nil
		}
	}
	return nil, fmt.Errorf("pod %s has no container %q", p.latest().Name, name)
}
