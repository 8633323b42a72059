package k8s

import (
	"context"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	typed "k8s.io/client-go/kubernetes/typed/coordination/v1"
	"k8s.io/client-go/tools/cache"
)

// What is kept in Kubernetes goes with what it is about, or a release that is installed again
// would find it: the record with its StatefulSet, the settings with the workload of the
// service. Kubernetes' garbage collector deletes what has owners and none that exists. An
// owner here blocks nobody's deletion, and one that is deleted with --cascade=orphan is taken
// off by whoever does that, so that what its pods need stays.

func ownerRef(kind, name string, uid types.UID) metav1.OwnerReference {
	return metav1.OwnerReference{APIVersion: appsv1.SchemeGroupVersion.String(), Kind: kind, Name: name, UID: uid}
}

// ownerUID is the UID of the StatefulSet that has the name; where its object is not known,
// the one that its pods name: they do so until they are gone, or are nobody's any more.
func (m membership) ownerUID(pods []*podRow) string {
	if len(m.claims) == 0 {
		return ""
	}
	first := m.claims[0]
	if first.set != nil {
		return first.set.uid
	}
	for _, pod := range pods {
		if pod.owner == first.owner {
			return pod.ownerUID
		}
	}
	return ""
}

// owners are those of a master's record.
func (w *Watch) owners(master string) []metav1.OwnerReference {
	pods := rows[*podRow](w.pods, byMaster, master)
	m, _, _ := w.claimed(master, pods)
	uid := m.ownerUID(pods)
	if uid == "" || m.set() != nil && m.set().orphans {
		return nil
	}
	return []metav1.OwnerReference{ownerRef("StatefulSet", m.claims[0].owner, types.UID(uid))}
}

// own is the workload of this replica of the service, as workload names it; "" where it is
// not known.
func (w *Watch) own() string {
	if w.peers == nil {
		return ""
	}
	object, found, err := w.peers.GetStore().GetByKey(cache.ObjectName{Namespace: w.options.Namespace, Name: w.options.PodName}.String())
	if !found || err != nil {
		return ""
	}
	return object.(*peerRow).workload
}

// serviceOwners are those of the service's settings; none where its workload is not known, or
// may not be read.
func (r *Records) serviceOwners(ctx context.Context) []metav1.OwnerReference {
	kind, name, _ := strings.Cut(r.own(), "/")
	apps := r.client.AppsV1()
	switch kind {
	case "ReplicaSet":
		if of, err := apps.Deployments(r.options.Namespace).Get(ctx, name, metav1.GetOptions{}); err == nil {
			return []metav1.OwnerReference{ownerRef("Deployment", name, of.UID)}
		}
	case "StatefulSet": // of a sidecar
		if of, err := apps.StatefulSets(r.options.Namespace).Get(ctx, name, metav1.GetOptions{}); err == nil {
			return []metav1.OwnerReference{ownerRef(kind, name, of.UID)}
		}
	}
	return nil
}

// update writes a Lease over the version that it carries. Where owners may not be changed (on
// OpenShift only whoever may delete a Lease may do that), those that it has stay: nothing
// that is decided depends on them.
func update(ctx context.Context, leases typed.LeaseInterface, lease *coordinationv1.Lease) (*coordinationv1.Lease, error) {
	written, err := leases.Update(ctx, lease, metav1.UpdateOptions{})
	if !apierrors.IsForbidden(err) {
		return written, err
	}
	there, unread := leases.Get(ctx, lease.Name, metav1.GetOptions{})
	if unread != nil || slices.Equal(there.OwnerReferences, lease.OwnerReferences) {
		return nil, err
	}
	lease.OwnerReferences = there.OwnerReferences
	return leases.Update(ctx, lease, metav1.UpdateOptions{})
}
