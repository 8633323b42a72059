package fleet

import (
	"context"

	"golang.org/x/time/rate"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	coordinationclient "k8s.io/client-go/kubernetes/typed/coordination/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
)

// A real client waits before a call until its limit of calls a second lets it, or
// gives up at once when that would be after the call's deadline. A fake one has no
// such limit, so the calls that the service makes get it here.

type limitedClient struct {
	kubernetes.Interface
	limit *rate.Limiter
}

// limited is the client with a limit.
func limited(client kubernetes.Interface, qps float64, burst int) (kubernetes.Interface, *rate.Limiter) {
	limit := rate.NewLimiter(rate.Limit(qps), burst)
	return limitedClient{client, limit}, limit
}

func (c limitedClient) CoreV1() coreclient.CoreV1Interface {
	return limitedCore{c.Interface.CoreV1(), c.limit}
}

func (c limitedClient) CoordinationV1() coordinationclient.CoordinationV1Interface {
	return limitedCoordination{c.Interface.CoordinationV1(), c.limit}
}

type limitedCore struct {
	coreclient.CoreV1Interface
	limit *rate.Limiter
}

func (c limitedCore) Pods(namespace string) coreclient.PodInterface {
	return limitedPods{c.CoreV1Interface.Pods(namespace), c.limit}
}

func (c limitedCore) Events(namespace string) coreclient.EventInterface {
	return limitedEvents{c.CoreV1Interface.Events(namespace), c.limit}
}

type limitedCoordination struct {
	coordinationclient.CoordinationV1Interface
	limit *rate.Limiter
}

func (c limitedCoordination) Leases(namespace string) coordinationclient.LeaseInterface {
	return limitedLeases{c.CoordinationV1Interface.Leases(namespace), c.limit}
}

// within makes a call once the limit lets it.
func within[T any](ctx context.Context, limit *rate.Limiter, call func() (T, error)) (T, error) {
	if err := limit.Wait(ctx); err != nil {
		var none T
		return none, err
	}
	return call()
}

type limitedPods struct {
	coreclient.PodInterface
	limit *rate.Limiter
}

func (p limitedPods) List(ctx context.Context, o metav1.ListOptions) (*corev1.PodList, error) {
	return within(ctx, p.limit, func() (*corev1.PodList, error) { return p.PodInterface.List(ctx, o) })
}

func (p limitedPods) Patch(ctx context.Context, name string, how types.PatchType, data []byte, o metav1.PatchOptions, sub ...string) (*corev1.Pod, error) {
	return within(ctx, p.limit, func() (*corev1.Pod, error) { return p.PodInterface.Patch(ctx, name, how, data, o, sub...) })
}

type limitedLeases struct {
	coordinationclient.LeaseInterface
	limit *rate.Limiter
}

func (l limitedLeases) Get(ctx context.Context, name string, o metav1.GetOptions) (*coordinationv1.Lease, error) {
	return within(ctx, l.limit, func() (*coordinationv1.Lease, error) { return l.LeaseInterface.Get(ctx, name, o) })
}

func (l limitedLeases) Create(ctx context.Context, lease *coordinationv1.Lease, o metav1.CreateOptions) (*coordinationv1.Lease, error) {
	return within(ctx, l.limit, func() (*coordinationv1.Lease, error) { return l.LeaseInterface.Create(ctx, lease, o) })
}

func (l limitedLeases) Update(ctx context.Context, lease *coordinationv1.Lease, o metav1.UpdateOptions) (*coordinationv1.Lease, error) {
	return within(ctx, l.limit, func() (*coordinationv1.Lease, error) { return l.LeaseInterface.Update(ctx, lease, o) })
}

type limitedEvents struct {
	coreclient.EventInterface
	limit *rate.Limiter
}

// CreateWithEventNamespace and the next are what client-go's recorder calls.
func (e limitedEvents) CreateWithEventNamespace(event *corev1.Event) (*corev1.Event, error) {
	ctx := context.Background()
	return within(ctx, e.limit, func() (*corev1.Event, error) { return e.CreateWithEventNamespaceWithContext(ctx, event) })
}

func (e limitedEvents) PatchWithEventNamespace(event *corev1.Event, data []byte) (*corev1.Event, error) {
	ctx := context.Background()
	return within(ctx, e.limit, func() (*corev1.Event, error) {
		return e.PatchWithEventNamespaceWithContext(ctx, event, data)
	})
}
