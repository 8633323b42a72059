package node

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

const (
	heartbeatEvery = 10 * time.Second // as kubelets
	leaseSeconds   = int32(40)        // as kubelets
)

// machine is one node: its object, its addresses, and whether it is lost.
type machine struct {
	name      string
	zone      string
	client    kubernetes.Interface
	addresses *addresses
	gate      *gate // shut while the node is lost: nothing happens and nothing is said
	restarts  Restarts
	looks     looks
}

func newMachine(number int, options Options) *machine {
	restarts := options.Restarts[number%len(options.Restarts)]
	// Nodes do not look at the same moments.
	first := time.Now().Add(-rand.N(max(restarts.Look, 1)))
	return &machine{
		name:      fmt.Sprintf("node-%d", number),
		zone:      options.Zones[number%len(options.Zones)],
		client:    options.Client,
		addresses: newAddresses(options.Subnet, number+1),
		gate:      newGate(),
		restarts:  restarts,
		looks:     looks{first: first, every: restarts.Look},
	}
}

// register creates the Node object, or takes over the one that is there.
func (m *machine) register(ctx context.Context) error {
	_, err := m.client.CoreV1().Nodes().Create(ctx, m.object(), metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return m.reportReady(ctx)
	}
	return err
}

func (m *machine) object() *corev1.Node {
	capacity := corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("64"),
		corev1.ResourceMemory: resource.MustParse("256Gi"),
		corev1.ResourcePods:   resource.MustParse("250"),
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: m.name,
			Labels: map[string]string{
				corev1.LabelHostname: m.name, corev1.LabelTopologyZone: m.zone,
				corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64",
			},
		},
		Status: corev1.NodeStatus{
			Capacity: capacity, Allocatable: capacity,
			Conditions: []corev1.NodeCondition{readyCondition()},
			Addresses:  []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: hostIP}},
		},
	}
}

func readyCondition() corev1.NodeCondition {
	return corev1.NodeCondition{
		Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "AgentReady",
		LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now(),
	}
}

// beat renews the node's Lease and status until ctx ends. A beat that fails (the
// API server is away) is tried again sooner.
func (m *machine) beat(ctx context.Context) {
	for m.gate.wait(ctx) == nil {
		pause := heartbeatEvery
		if m.renewLease(ctx) != nil || m.reportReady(ctx) != nil {
			pause = time.Second
		}
		if !sleep(ctx, pause) {
			return
		}
	}
}

func (m *machine) renewLease(ctx context.Context) error {
	leases := m.client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
	seconds, now := leaseSeconds, metav1.NowMicro()
	spec := coordinationv1.LeaseSpec{HolderIdentity: &m.name, LeaseDurationSeconds: &seconds, RenewTime: &now}
	lease, err := leases.Get(ctx, m.name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		lease = &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: m.name}, Spec: spec}
		_, err = leases.Create(ctx, lease, metav1.CreateOptions{})
		return err
	}
	if err != nil {
		return err
	}
	lease = lease.DeepCopy()
	lease.Spec = spec
	_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
	return err
}

func (m *machine) reportReady(ctx context.Context) error {
	patch, err := json.Marshal(map[string]any{
		"status": map[string]any{"conditions": []corev1.NodeCondition{readyCondition()}},
	})
	if err != nil {
		return err
	}
	_, err = m.client.CoreV1().Nodes().
		Patch(ctx, m.name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}

// sleep waits and says whether ctx still lives.
func sleep(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
