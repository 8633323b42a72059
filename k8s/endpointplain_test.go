package k8s

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// plain is a set of two pods whose plain clients come through the Service "door".
type plain struct {
	*testing.T
	api     *fakeAPI
	cluster *Cluster
	record  sentinel.Record
	stop    func()
}

const door = "door"

var sliceResources = discoveryv1.SchemeGroupVersion.WithResource("endpointslices")

// leadPlain starts a leader that has seen everything.
func leadPlain(t *testing.T, service string) *plain {
	t.Helper()
	allowed := []string{"list endpointslices", "get endpointslices", "create endpointslices", "update endpointslices", "delete endpointslices"}
	p := &plain{T: t, api: newFakeAPI(t, append(allowed, everyCall...)...)}
	p.cluster = newCluster(t, p.api, testOptions())
	p.declare(service)
	p.pod("redis-0", "10.0.0.1", "", "")
	p.pod("redis-1", "10.0.0.2", "", "")
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() {
		if err := p.cluster.Run(ctx, &transcript{}); err != nil {
			t.Error(err)
		}
	})
	p.stop = func() { cancel(); running.Wait() }
	synctest.Wait()
	p.cluster.endpoints.lead(true)
	synctest.Wait()
	return p
}

func (p *plain) declare(service string) {
	p.Helper()
	annotation := ""
	if service != "" {
		annotation = "\n  annotations: {redis-sentinel-k8s/master-service: \"" + service + "\"}"
	}
	for object := range objects(p.T, fmt.Sprintf(`
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: redis
  uid: u-set%s
spec:
  replicas: 2
  template: {metadata: {labels: {redis-sentinel-k8s/master-name: mymaster, release: dev}}}`, annotation)) {
		p.api.store(p.T, object)
	}
}

// pod stores a pod, ready unless a reason is given why not.
func (p *plain) pod(name, ip, unready, label string) {
	p.Helper()
	status, extra := "True", ""
	if unready != "" {
		status = "False"
		if unready != "NodeNotReady" { // who marks it leaves the reason as it was: none
			extra = ", reason: " + unready
		}
	}
	if label != "" {
		label = ", redis-sentinel-k8s/endpoint: " + label
	}
	for object := range objects(p.T, fmt.Sprintf(`
apiVersion: v1
kind: Pod
metadata:
  name: %[1]s
  uid: u-%[1]s
  labels: {redis-sentinel-k8s/master-name: mymaster, release: dev%[5]s}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: redis, uid: u-set, controller: true}]
spec:
  nodeName: node-1
  containers: [{name: redis, ports: [{name: redis, containerPort: 6400}]}]
status:
  podIP: %[2]q
  phase: Running
  conditions: [{type: Ready, status: %[3]q%[4]s}]`, name, ip, status, extra, label)) {
		p.api.store(p.T, object)
	}
	synctest.Wait()
}

// put writes a record that names a pod as master.
func (p *plain) put(phase sentinel.Phase, pod string, epoch uint64) {
	p.Helper()
	process := func(name string) sentinel.Process {
		return sentinel.Process{Pod: name, UID: "u-" + name, RunID: fmt.Sprint("r", epoch), Addr: sentinel.Addr{Host: "10.0.0.9", Port: 6400}}
	}
	p.record.Phase, p.record.Epoch, p.record.Master, p.record.Target = phase, epoch, process(pod), sentinel.Process{}
	if phase != sentinel.Stable {
		p.record.Target = process("redis-1")
	}
	written, err := p.cluster.Put(p.Context(), "mymaster", p.record)
	if err != nil {
		p.Fatal(err)
	}
	p.record = written
	synctest.Wait()
}

// slice is the Service's slice; nil without one.
func (p *plain) slice() *discoveryv1.EndpointSlice {
	p.Helper()
	object, err := p.api.Tracker().Get(sliceResources, testNamespace, door)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		p.Fatal(err)
	}
	return object.(*discoveryv1.EndpointSlice)
}

// follows makes the slice lead somewhere else, as after another state of the record.
func (p *plain) follows(asOf, ip string) {
	p.Helper()
	p.left(p.slice(), asOf, ip)
}

// left makes the slice what another one was, but for that.
func (p *plain) left(slice *discoveryv1.EndpointSlice, asOf, ip string) {
	p.Helper()
	slice = slice.DeepCopy()
	slice.TypeMeta = metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"}
	slice.Annotations[AnnotationAsOf] = asOf
	slice.Endpoints[0].Addresses = []string{ip}
	p.api.store(p.T, slice)
}

// leads demands where the Service leads to: an address and whether it is ready, or
// nothing at all.
func (p *plain) leads(want string) {
	p.Helper()
	synctest.Wait() // a sleep of the test may end in the moment in which something else is done
	got := "no slice"
	if slice := p.slice(); slice != nil {
		got = ""
		for _, endpoint := range slice.Endpoints {
			got += fmt.Sprintf("%s:%d %t", strings.Join(endpoint.Addresses, "+"), *slice.Ports[0].Port, *endpoint.Conditions.Ready)
		}
	}
	if got != want {
		p.Errorf("the Service leads to %q, want %q", got, want)
	}
}

// writes are the calls so far that changed something about slices and pods.
func (p *plain) writes() []string {
	return slices.DeleteFunc(p.api.made(), func(call string) bool {
		verb, resource, _ := strings.Cut(call, " ")
		return resource != "endpointslices" && resource != "pods" || verb == "get" || verb == "list" || verb == "watch"
	})
}

func inPlain(t *testing.T, service string, f func(p *plain)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := leadPlain(t, service)
		defer p.stop()
		f(p)
	})
}

// labels demands what redis-0 and redis-1 carry.
func (p *plain) labels(want ...string) {
	p.Helper()
	var got []string
	for _, name := range []string{"redis-0", "redis-1"} {
		object, err := p.api.Tracker().Get(corev1.SchemeGroupVersion.WithResource("pods"), testNamespace, name)
		if err != nil {
			p.Fatal(err)
		}
		got = append(got, object.(*corev1.Pod).Labels[LabelEndpoint])
	}
	if !slices.Equal(got, want) {
		p.Errorf("labels %q, want %q", got, want)
	}
}
