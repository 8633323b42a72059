package k8s

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestEndpointsFollowInOneWrite: whatever lies between two masters, clients are sent from
// one to the other by one change, as soon as the record says so.
func TestEndpointsFollowInOneWrite(t *testing.T) {
	inPlain(t, door+":rd", func(p *plain) {
		p.put(sentinel.Stable, "redis-0", 1)
		p.leads("10.0.0.1:6400 true")
		before := len(p.writes())
		p.put(sentinel.Promoting, "redis-0", 2)
		p.pod("redis-0", "10.0.0.1", "ContainersNotReady", "")
		p.leads("10.0.0.1:6400 true")
		p.put(sentinel.Stable, "redis-1", 2)
		p.leads("10.0.0.2:6400 true")
		time.Sleep(time.Minute)
		p.leads("10.0.0.2:6400 true")
		if diff := cmp.Diff([]string{"update endpointslices"}, p.writes()[before:]); diff != "" {
			p.Errorf("writes for one failover:\n%s", diff)
		}
		p.put(sentinel.Switching, "redis-1", 3)
		p.leads("10.0.0.2:6400 true")
	})
}

// TestEndpointSliceIsWhole: what kube-proxy, other controllers and people look for.
func TestEndpointSliceIsWhole(t *testing.T) {
	inPlain(t, door+":rd", func(p *plain) {
		p.put(sentinel.Stable, "redis-0", 4)
		protocol := corev1.ProtocolTCP
		want := &discoveryv1.EndpointSlice{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: testNamespace, Name: door,
				Labels: map[string]string{
					"kubernetes.io/service-name": door, "endpointslice.kubernetes.io/managed-by": "redis-sentinel-k8s",
					"redis-sentinel-k8s/record": "dev", "redis-sentinel-k8s/master-name": "mymaster",
				},
				Annotations:     map[string]string{"redis-sentinel-k8s/as-of": "4.1"},
				OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "StatefulSet", Name: "redis", UID: "u-set"}},
			},
			AddressType: discoveryv1.AddressTypeIPv4,
			Ports:       []discoveryv1.EndpointPort{{Name: new("rd"), Port: new(int32(6400)), Protocol: &protocol}},
			Endpoints: []discoveryv1.Endpoint{{
				Addresses: []string{"10.0.0.1"}, NodeName: new("node-1"),
				Conditions: discoveryv1.EndpointConditions{Ready: new(true), Serving: new(true), Terminating: new(false)},
				TargetRef:  &corev1.ObjectReference{Kind: "Pod", Namespace: testNamespace, Name: "redis-0", UID: "u-redis-0"},
			}},
		}
		got := p.slice().DeepCopy()
		got.ResourceVersion, got.TypeMeta, got.ManagedFields = "", metav1.TypeMeta{}, nil // the fake clientset's own
		if diff := cmp.Diff(want, got); diff != "" {
			p.Error(diff)
		}
		p.pod("redis-1", "fd00::2", "", "")
		p.put(sentinel.Stable, "redis-1", 5)
		if got := p.slice(); got.AddressType != discoveryv1.AddressTypeIPv6 || got.Endpoints[0].Addresses[0] != "fd00::2" {
			p.Errorf("an IPv6 pod: %s %v", got.AddressType, got.Endpoints)
		}
	})
}

// TestEndpointOfWhoDoesNotServe: a kubelet's word counts once it lasts, the silence of a
// kubelet does not; a pod that is gone is not named for long.
func TestEndpointOfWhoDoesNotServe(t *testing.T) {
	inPlain(t, door, func(p *plain) {
		p.put(sentinel.Stable, "redis-0", 1)
		p.pod("redis-0", "10.0.0.1", "NodeNotReady", "")
		time.Sleep(time.Minute)
		p.leads("10.0.0.1:6400 true")
		p.pod("redis-0", "10.0.0.1", "ContainersNotReady", "")
		time.Sleep(4 * time.Second)
		p.leads("10.0.0.1:6400 true")
		time.Sleep(2 * time.Second)
		p.leads("10.0.0.1:6400 false")
		p.pod("redis-0", "10.0.0.1", "", "")
		p.leads("10.0.0.1:6400 true")
		p.api.remove(p.T, corev1.SchemeGroupVersion.WithResource("pods"), "redis-0")
		time.Sleep(time.Second)
		p.leads("10.0.0.1:6400 true")
		time.Sleep(2 * time.Second)
		p.leads("")
		p.pod("redis-1", "10.0.0.2", "ContainersNotReady", "") // it followed nobody
		time.Sleep(time.Minute)
		p.put(sentinel.Stable, "redis-1", 2)
		p.leads("10.0.0.2:6400 true")
		time.Sleep(time.Minute)
		p.leads("10.0.0.2:6400 false")
		p.put(sentinel.Stable, "redis-1", 3) // its next process
		p.leads("10.0.0.2:6400 true")
	})
}

// TestEndpointsAreMended: what somebody else did to the slice does not last.
func TestEndpointsAreMended(t *testing.T) {
	inPlain(t, door, func(p *plain) {
		p.put(sentinel.Stable, "redis-0", 1)
		broken := p.slice().DeepCopy()
		broken.TypeMeta = metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"}
		broken.Endpoints[0].Addresses = []string{"10.9.9.9"}
		p.api.store(p.T, broken)
		time.Sleep(surveyEvery + time.Second)
		p.leads("10.0.0.1:6400 true")
		p.api.remove(p.T, sliceResources, door)
		time.Sleep(surveyEvery + time.Second)
		p.leads("10.0.0.1:6400 true")
	})
}

// TestEndpointsWithoutTheRight: the label stands in for the slice until that may be written,
// and nobody is unready for it.
func TestEndpointsWithoutTheRight(t *testing.T) {
	inPlain(t, door, func(p *plain) {
		p.api.setRefuse(func(_, resource string) error {
			if resource != "endpointslices" {
				return nil
			}
			return apierrors.NewForbidden(schema.GroupResource{Group: "discovery.k8s.io", Resource: resource}, "", nil)
		})
		p.put(sentinel.Stable, "redis-0", 1)
		p.labels("master", "")
		p.put(sentinel.Stable, "redis-1", 2)
		p.labels("", "master")
		if degraded := p.cluster.Degraded(); len(degraded) > 0 {
			p.Errorf("not ready because of %q", degraded)
		}
		p.api.setRefuse(nil)
		time.Sleep(endpointRefused + time.Second)
		p.leads("10.0.0.2:6400 true")
		p.labels("", "")
	})
}

// TestEndpointsOnRequestOnly: no annotation, no slice; and one that is not asked for any
// more would lead clients to an old master some day.
func TestEndpointsOnRequestOnly(t *testing.T) {
	inPlain(t, "", func(p *plain) {
		p.put(sentinel.Stable, "redis-0", 1)
		time.Sleep(time.Minute)
		p.leads("no slice")
		p.declare(door)
		synctest.Wait()
		p.leads("10.0.0.1:6400 true")
		p.declare("")
		time.Sleep(surveyEvery + time.Second)
		p.leads("no slice")
	})
}

// TestForeignSliceIsLeftAlone: its name is taken by somebody who is not us.
func TestForeignSliceIsLeftAlone(t *testing.T) {
	inPlain(t, door, func(p *plain) {
		p.api.store(p.T, &discoveryv1.EndpointSlice{
			TypeMeta:   metav1.TypeMeta{APIVersion: "discovery.k8s.io/v1", Kind: "EndpointSlice"},
			ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: door, Labels: map[string]string{"endpointslice.kubernetes.io/managed-by": "somebody"}},
		})
		p.put(sentinel.Stable, "redis-0", 1)
		time.Sleep(time.Minute)
		p.leads("")
		p.labels("master", "")
	})
}

// TestEndpointsAreWrittenWhenTheServerIsBack: a failure is no refusal.
func TestEndpointsAreWrittenWhenTheServerIsBack(t *testing.T) {
	inPlain(t, door, func(p *plain) {
		p.put(sentinel.Stable, "redis-0", 1)
		p.api.setRefuse(func(_, resource string) error {
			if resource != "endpointslices" {
				return nil
			}
			return apierrors.NewInternalError(fmt.Errorf("etcd is away"))
		})
		p.put(sentinel.Stable, "redis-1", 2)
		time.Sleep(3 * time.Second)
		p.leads("10.0.0.1:6400 true")
		p.labels("", "")
		p.api.setRefuse(nil)
		time.Sleep(endpointRetryMost)
		p.leads("10.0.0.2:6400 true")
	})
}

func TestMasterServiceOption(t *testing.T) {
	for text, want := range map[string]masterService{
		"door": {"door", ""}, "door:rd-port": {"door", "rd-port"}, "door:6379": {"door", "6379"},
	} {
		if got, err := parseMasterService(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "Door", "door:", "door:Port", "a.b", ":port"} {
		if got, err := parseMasterService(text); err == nil {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}
