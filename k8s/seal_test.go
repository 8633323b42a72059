package k8s

import (
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
)

// TestSeal: all who read one Lease have one seal for each term, and nobody else has it.
func TestSeal(t *testing.T) {
	read := func(uid types.UID) *seal {
		s := &seal{}
		api := fake.NewClientset(&coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "leader", UID: uid}})
		if got := s.of(1); got != "" {
			t.Errorf("before the Lease was read: %q", got)
		}
		if _, err := s.noted(api.CoordinationV1()).Leases("ns").Get(t.Context(), "leader", metav1.GetOptions{}); err != nil {
			t.Fatal(err)
		}
		return s
	}
	a, b, other := read("uid-1"), read("uid-1"), read("uid-2")
	switch {
	case a.of(7) == "" || a.of(7) != b.of(7):
		t.Errorf("two of one service: %q and %q", a.of(7), b.of(7))
	case a.of(7) == a.of(8):
		t.Error("two terms have one seal")
	case a.of(7) == other.of(7):
		t.Error("two services have one seal")
	}
	if none := read(""); none.of(7) != "" {
		t.Errorf("without a UID: %q", none.of(7))
	}
}
