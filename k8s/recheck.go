package k8s

import (
	"context"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// recheckEvery is how often a refusal is questioned that no later call has ended.
const recheckEvery = 5 * time.Second

// recheck asks, until ctx is done, whether what was refused is permitted by now. Some
// calls are made once and not again, such as those of a leader that lost its term; an
// API server that has just started refuses for a moment what it has not yet read the
// Roles of. Without the question such a refusal would stand for ever, and this replica
// would not be ready. Everybody may ask about himself: Kubernetes' ClusterRole
// system:basic-user. Where that fails, the refusal stands.
func (h *Health) recheck(ctx context.Context, client kubernetes.Interface) {
	ticker := time.NewTicker(recheckEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for kind, was := range h.standing() {
			if h.permitted(ctx, client, kind) {
				h.forgive(kind, was)
			}
		}
	}
}

// standsFor is how old a refusal must be to be questioned: older than the longest pause of
// a call that is repeated, and the call. That one will be answered by itself.
const standsFor = 15 * time.Second

// standing are the refusals that no later call has confirmed.
func (h *Health) standing() map[call]refusal {
	h.mu.Lock()
	defer h.mu.Unlock()
	found := map[call]refusal{}
	for kind, r := range h.refused {
		if time.Since(r.last) >= standsFor {
			found[kind] = r
		}
	}
	return found
}

func (h *Health) permitted(ctx context.Context, client kubernetes.Interface, kind call) bool {
	namespace := h.namespace
	if kind.resource == nodeResource {
		namespace = ""
	}
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: kind.verb, Group: kind.resource.group, Resource: kind.resource.name,
		},
	}}
	answer, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	return err == nil && answer != nil && answer.Status.Allowed
}

// forgive drops a refusal unless the call was refused again meanwhile.
func (h *Health) forgive(kind call, was refusal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refused[kind] != was {
		return
	}
	delete(h.refused, kind)
	h.report()
}
