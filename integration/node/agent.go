package node

import (
	"context"
	"errors"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// Agent runs the pods of its nodes until it is stopped.
type Agent struct {
	options  Options
	machines map[string]*machine
	ctx      context.Context // ends with the agent: nothing is started after it
	cancel   context.CancelFunc
	running  sync.WaitGroup

	mu   sync.Mutex
	pods map[types.UID]*pod
}

// Start registers the nodes and begins to run their pods. The agent stops when
// ctx ends, but only Stop waits until every process is gone.
func Start(ctx context.Context, options Options) (*Agent, error) {
	if err := options.complete(); err != nil {
		return nil, fmt.Errorf("node agent: %w", err)
	}
	a := &Agent{options: options, machines: map[string]*machine{}, pods: map[types.UID]*pod{}}
	a.ctx, a.cancel = context.WithCancel(ctx)
	for number := range options.Nodes {
		m := newMachine(number, options)
		if err := m.register(a.ctx); err != nil {
			return nil, errors.Join(fmt.Errorf("register %s: %w", m.name, err), a.Stop())
		}
		a.machines[m.name] = m
		a.goDo(func() { m.beat(a.ctx) })
	}
	if err := a.watch(); err != nil {
		return nil, errors.Join(fmt.Errorf("watch pods: %w", err), a.Stop())
	}
	return a, nil
}

// Stop kills all processes at once and returns when they are gone. The pod
// objects stay as they are.
func (a *Agent) Stop() error {
	a.cancel()
	a.running.Wait()
	return nil
}

// goDo runs do in a goroutine that Stop waits for.
func (a *Agent) goDo(do func()) {
	a.running.Go(do)
}

func (a *Agent) watch() error {
	factory := informers.NewSharedInformerFactory(a.options.Client, 0)
	informer := factory.Core().V1().Pods().Informer()
	_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: func(object any) { a.see(object.(*corev1.Pod)) },
		UpdateFunc: func(old, object any) {
			// After a gap in the watch, another pod of the name comes as an update.
			if old.(*corev1.Pod).UID != object.(*corev1.Pod).UID {
				a.miss(old)
			}
			a.see(object.(*corev1.Pod))
		},
		DeleteFunc: a.miss,
	})
	if err != nil {
		return err
	}
	factory.Start(a.ctx.Done())
	a.goDo(func() { <-a.ctx.Done(); factory.Shutdown() })
	if !cache.WaitForCacheSync(a.ctx.Done(), informer.HasSynced) {
		return a.ctx.Err()
	}
	return nil
}

// see takes the newest state of a pod object.
func (a *Agent) see(object *corev1.Pod) {
	m := a.machines[object.Spec.NodeName]
	if m == nil || a.ctx.Err() != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	p := a.pods[object.UID]
	if p == nil {
		if over(object) {
			return
		}
		p = newPod(a, m, object)
		a.pods[object.UID] = p
		a.goDo(p.run)
	}
	p.see(object)
}

// over says that there is nothing left to run, nor an object to remove.
func over(object *corev1.Pod) bool {
	ended := object.Status.Phase == corev1.PodSucceeded || object.Status.Phase == corev1.PodFailed
	return ended && object.DeletionTimestamp == nil
}

// miss takes the news that a pod object is gone. Its processes are not, when it
// was deleted by force.
func (a *Agent) miss(object any) {
	if tombstone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = tombstone.Obj
	}
	gone, ok := object.(metav1.Object)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if p := a.pods[gone.GetUID()]; p != nil {
		p.miss()
	}
}

func (a *Agent) forget(p *pod) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.pods, p.uid)
}

// snapshot returns the pods that the agent runs now.
func (a *Agent) snapshot() []*pod {
	a.mu.Lock()
	defer a.mu.Unlock()
	pods := make([]*pod, 0, len(a.pods))
	for _, p := range a.pods {
		pods = append(pods, p)
	}
	return pods
}
