package k8s

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// TestARefusalCountsOnceItLasts: one bad answer takes nobody out of a Service, whatever its
// reason, and one that stands does, though its reason changes.
func TestARefusalCountsOnceItLasts(t *testing.T) {
	const grace = 30 * time.Second
	synctest.Test(t, func(t *testing.T) {
		h := newHealth(testNamespace, quietLog(), nil)
		webhook := apierrors.NewInternalError(errors.New("failed calling webhook"))
		h.note("update", leaseResource, webhook)
		if got := h.Lasting(grace); len(got) > 0 {
			t.Errorf("at once: %q", got)
		}
		time.Sleep(20 * time.Second)
		h.note("update", leaseResource, nil)
		h.note("update", leaseResource, webhook)
		for range 25 {
			time.Sleep(time.Second)
			h.note("update", leaseResource, webhook)
		}
		h.note("update", leaseResource, forbidden("update", "leases"))
		if got := h.Lasting(grace); len(got) > 0 {
			t.Errorf("after 25 s, and one answer in between: %q", got)
		}
		time.Sleep(6 * time.Second)
		if got := h.Lasting(grace); len(got) != 1 || !strings.Contains(got[0], "may not update leases") {
			t.Errorf("after 31 s: %q", got)
		}
	})
}

// TestWhatNoClientDependsOnNeverCounts, but is told.
func TestWhatNoClientDependsOnNeverCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHealth(testNamespace, quietLog(), nil)
		for range 60 {
			h.noteSource("watch", nodeResource, forbidden("watch", "nodes"))
			h.note("create", eventResource, forbidden("create", "events"))
			h.note("patch", eventResource, forbidden("patch", "events"))
			h.note("patch", podResource, forbidden("patch", "pods"))
			time.Sleep(time.Minute)
		}
		if got := h.Lasting(30 * time.Second); len(got) > 0 {
			t.Errorf("not ready because of %q", got)
		}
		if got := h.Degraded(); len(got) != 4 {
			t.Errorf("degraded: %q", got)
		}
		h.noteSource("list", podResource, forbidden("list", "pods"))
		time.Sleep(time.Minute)
		if got := h.Lasting(30 * time.Second); len(got) != 1 || !strings.Contains(got[0], "may not list pods") {
			t.Errorf("not ready because of %q, want the pods", got)
		}
	})
}

// TestAnOutageCountsOnceItLasts; of the nodes alone it does not.
func TestAnOutageCountsOnceItLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHealth(testNamespace, quietLog(), nil)
		h.noteSource("list", nodeResource, refusedConnection(1))
		time.Sleep(time.Hour)
		if got := h.Lasting(30 * time.Second); len(got) > 0 {
			t.Errorf("not ready because of %q", got)
		}
		h.noteSource("list", podResource, refusedConnection(2))
		if got := h.Lasting(30 * time.Second); len(got) > 0 {
			t.Errorf("at once: %q", got)
		}
		time.Sleep(31 * time.Second)
		if got := h.Lasting(30 * time.Second); len(got) != 1 || !strings.Contains(got[0], "port 2") {
			t.Errorf("after 31 s: %q", got)
		}
		h.noteSource("list", podResource, nil)
		if got := h.Lasting(30 * time.Second); len(got) > 0 {
			t.Errorf("after an answer: %q", got)
		}
	})
}
