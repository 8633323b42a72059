package k8s

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Nodes are watched on request only: they belong to no namespace, so it takes a
// ClusterRole. Nothing depends on them but that a master leaves a cordoned node before
// the eviction that is likely to follow, and that zones are known where pods do not carry
// their own; so nobody waits for them either.

// nodeRow is a node.
type nodeRow struct {
	identity
	cordoned bool
	zone     string
}

func toNodeRow(node *corev1.Node) *nodeRow {
	return &nodeRow{
		identity: identityOf(&metav1.ObjectMeta{Name: node.Name, UID: node.UID, ResourceVersion: node.ResourceVersion}),
		cordoned: node.Spec.Unschedulable,
		zone:     intern(node.Labels[corev1.LabelTopologyZone]),
	}
}

// watchNodes follows the nodes if that is asked for.
func (w *Watch) watchNodes(set kubernetes.Interface, health *Health) (err error) {
	if !w.options.WatchNodes {
		return nil
	}
	w.nodes, err = informer(source[*corev1.NodeList]{
		on: nodeResource, client: set.CoreV1().Nodes(), example: &corev1.Node{},
		slim: func(object runtime.Object) any { return toNodeRow(object.(*corev1.Node)) },
	}, set, health)
	return err
}

// touchNode touches the masters that have a pod on a node.
func (w *Watch) touchNode(row *nodeRow) {
	for _, pod := range rows[*podRow](w.pods, byNode, row.name) {
		w.touch(pod.master)
	}
}

// onCordon calls touch when a node is cordoned or is not any more: a node's other
// changes come every few seconds and mean nothing here.
func onCordon(touch func(*nodeRow)) cache.ResourceEventHandler {
	return cache.ResourceEventHandlerFuncs{
		AddFunc: func(row any) { touch(row.(*nodeRow)) },
		UpdateFunc: func(old, row any) {
			if old.(*nodeRow).cordoned != row.(*nodeRow).cordoned {
				touch(row.(*nodeRow))
			}
		},
	}
}

// complete makes a set of what is known of its pods.
func (w *Watch) complete(master string, m membership, pods []*podRow, v values) sentinel.Set {
	set := toSet(master, m, pods, v, w.announce)
	if winner := w.rival(master, set.OwnerUID); winner != nil {
		set.Rival = tellRival(winner)
	}
	if w.nodes == nil {
		return set
	}
	for i := range set.Pods {
		if object, found, _ := w.nodes.GetStore().GetByKey(set.Pods[i].Node); found {
			row := object.(*nodeRow)
			set.Pods[i].Cordoned, set.Pods[i].Zone = row.cordoned, cmp.Or(row.zone, set.Pods[i].Zone)
		}
	}
	return set
}
