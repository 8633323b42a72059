package k8s

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"sync/atomic"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typed "k8s.io/client-go/kubernetes/typed/coordination/v1"
)

// seal makes what tells that a name of a term was given by one of our leaders, out of the
// UID of the leader Lease: the API server drew it, each replica of the service reads it, and
// a client of a Redis cannot. A second service, or a Lease that was made anew, has another.
type seal struct{ uid atomic.Pointer[string] }

// of is the seal of a term, the same on every replica; empty before the Lease was read.
func (s *seal) of(term uint64) string {
	uid := s.uid.Load()
	if uid == nil || *uid == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(*uid + "/" + strconv.FormatUint(term, 10)))
	return hex.EncodeToString(sum[:8])
}

// noted are the Leases of client, whose UID is noted as the election reads and writes it.
func (s *seal) noted(client typed.LeasesGetter) typed.LeasesGetter { return sealedGetter{client, s} }

type sealedGetter struct {
	typed.LeasesGetter
	seal *seal
}

func (g sealedGetter) Leases(namespace string) typed.LeaseInterface {
	return sealedLeases{g.LeasesGetter.Leases(namespace), g.seal}
}

type sealedLeases struct {
	typed.LeaseInterface
	seal *seal
}

func (l sealedLeases) note(lease *coordinationv1.Lease, err error) (*coordinationv1.Lease, error) {
	if err == nil {
		l.seal.uid.Store(new(string(lease.UID)))
	}
	return lease, err
}

func (l sealedLeases) Get(ctx context.Context, name string, o metav1.GetOptions) (*coordinationv1.Lease, error) {
	return l.note(l.LeaseInterface.Get(ctx, name, o))
}

func (l sealedLeases) Create(ctx context.Context, lease *coordinationv1.Lease, o metav1.CreateOptions) (*coordinationv1.Lease, error) {
	return l.note(l.LeaseInterface.Create(ctx, lease, o))
}

func (l sealedLeases) Update(ctx context.Context, lease *coordinationv1.Lease, o metav1.UpdateOptions) (*coordinationv1.Lease, error) {
	return l.note(l.LeaseInterface.Update(ctx, lease, o))
}
