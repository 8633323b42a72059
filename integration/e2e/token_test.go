package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestStolenToken: with the service's own token one does what the service does, and nothing
// else, whatever RBAC allows; and the service itself goes on.
func TestStolenToken(t *testing.T) {
	r := install(t, nil)
	r.settled(3)
	r.apply(stranger)
	thief := r.thief()
	pod, web := "dev-redis-cache-0", "web"
	for _, theft := range []struct{ what, pod, patch string }{
		{"an image", pod, `{"spec":{"containers":[{"name":"redis","image":"evil"}]}}`},
		{"a deadline", pod, `{"spec":{"activeDeadlineSeconds":1}}`},
		{"another label", pod, `{"metadata":{"labels":{"app":"web"}}}`},
		{"one label less", pod, `{"metadata":{"labels":{"redis-sentinel-k8s/master-name":null}}}`},
		{"an annotation", pod, `{"metadata":{"annotations":{"a":"b"}}}`},
		{"a finalizer", pod, `{"metadata":{"finalizers":["a.b/c"]}}`},
		{"no owner", pod, `{"metadata":{"ownerReferences":null}}`},
		{"a stranger's role", web, `{"metadata":{"labels":{"redis-sentinel-k8s/role":"master"}}}`},
	} {
		r.denied(theft.what, func(ctx context.Context) error {
			_, err := thief.CoreV1().Pods(r.namespace).Patch(ctx, theft.pod, types.StrategicMergePatchType, []byte(theft.patch), metav1.PatchOptions{})
			return err
		})
	}
	lease, err := r.Client.CoordinationV1().Leases(r.namespace).Get(t.Context(), "web-leader", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	r.denied("a Lease of somebody else", func(ctx context.Context) error {
		_, err := thief.CoordinationV1().Leases(r.namespace).Update(ctx, lease, metav1.UpdateOptions{})
		return err
	})
	r.denied("a Lease under another's name", func(ctx context.Context) error {
		other := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "web-other"}}
		_, err := thief.CoordinationV1().Leases(r.namespace).Create(ctx, other, metav1.CreateOptions{})
		return err
	})
	r.denied("endpoints of somebody else", func(ctx context.Context) error {
		slice := &discoveryv1.EndpointSlice{
			ObjectMeta:  metav1.ObjectMeta{Name: "web-mine", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
			AddressType: discoveryv1.AddressTypeIPv4, Endpoints: []discoveryv1.Endpoint{{Addresses: []string{"192.0.2.1"}}},
		}
		_, err := thief.DiscoveryV1().EndpointSlices(r.namespace).Create(ctx, slice, metav1.CreateOptions{})
		return err
	})
	r.failover()
	r.settled(3)
	r.labelled()
}

// stranger is a pod and a Lease that are none of the release's.
const stranger = `
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: test}
spec: {nodeName: nowhere, containers: [{name: web, image: web}]}
---
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: web-leader, namespace: test}
`

// thief has the token of the service's account.
func (r *release) thief() kubernetes.Interface {
	r.t.Helper()
	answer, err := r.Client.CoreV1().ServiceAccounts(r.namespace).CreateToken(r.t.Context(), "dev-redis-cache", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		r.t.Fatal(err)
	}
	config := rest.AnonymousClientConfig(r.Config)
	config.BearerToken, config.QPS = answer.Status.Token, -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		r.t.Fatal(err)
	}
	return client
}

// denied waits until the policy is in force, which an API server hears of a moment after
// it was made, and refuses.
func (r *release) denied(what string, try func(ctx context.Context) error) {
	r.t.Helper()
	cluster.Eventually(r.t, 20*time.Second, what+" is refused by the policy", func(ctx context.Context) error {
		if err := try(ctx); err == nil || !strings.Contains(err.Error(), "ValidatingAdmissionPolicy 'test.dev-redis-cache'") {
			return fmt.Errorf("the answer is %w", err)
		}
		return nil
	})
}

// labelled waits until the pods have the labels of their roles.
func (r *release) labelled() {
	r.t.Helper()
	cluster.Eventually(r.t, 20*time.Second, "pods have the labels of their roles", func(ctx context.Context) error {
		pods, err := r.Pods(ctx, r.namespace, cluster.RedisSelector(r.name))
		if err != nil {
			return err
		}
		roles := map[string]int{}
		for _, pod := range pods {
			roles[pod.Labels["redis-sentinel-k8s/role"]]++
		}
		if roles["master"] != 1 || roles["replica"] != 2 {
			return fmt.Errorf("they have %v", roles)
		}
		return nil
	})
}

// TestWithoutRoleLabels: the service may change no pod, and everything else goes on.
func TestWithoutRoleLabels(t *testing.T) {
	r := install(t, cluster.Values{"service": cluster.Values{"roleLabels": false}})
	before := r.settled(3)
	r.failover()
	after := r.settled(3)
	if before == after {
		t.Errorf("%s is master as before", after)
	}
	pods, err := r.Pods(t.Context(), r.namespace, cluster.RedisSelector(r.name))
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods {
		if role, has := pod.Labels["redis-sentinel-k8s/role"]; has {
			t.Errorf("%s has the role %s", pod.Name, role)
		}
	}
	for _, s := range r.sentinels() {
		if code, said, err := get(t.Context(), s, "/readyz"); err != nil || code != 200 {
			t.Errorf("%s: %d %s (%v)", s, code, said, err)
		}
	}
}
