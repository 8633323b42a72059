package k8s

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// forbidden is the API server's answer to a ServiceAccount without the right.
func forbidden(verb, name string) error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: name}, "",
		fmt.Errorf(`User "system:serviceaccount:shop:cache" cannot %s resource %q in API group "" in the namespace "shop"`, verb, name))
}

func refusedConnection(port int) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("connection refused from port %d", port)}
}

func TestHealthSaysWhatIsMissing(t *testing.T) {
	var told [][]string
	h := newHealth(testNamespace, quietLog(), func(all []string) { told = append(told, all) })
	h.note("list", podResource, forbidden("list", "pods"))
	h.note("list", podResource, forbidden("list", "pods"))
	h.note("update", leaseResource, forbidden("update", "leases"))
	want := []string{
		"may not list pods in namespace shop: grant verb list on resource pods to ServiceAccount shop/cache",
		"may not update leases in namespace shop: grant verb update on resource leases (API group coordination.k8s.io) to ServiceAccount shop/cache",
	}
	if diff := cmp.Diff(want, h.Degraded()); diff != "" {
		t.Error(diff)
	}
	h.note("list", podResource, nil)
	h.note("update", leaseResource, apierrors.NewConflict(schema.GroupResource{Resource: "leases"}, "x", errors.New("newer")))
	if diff := cmp.Diff([][]string{want[:1], want, want[1:], nil}, told); diff != "" {
		t.Error(diff)
	}
}

func TestHealthTellsAnOutageOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := 0
		h := newHealth(testNamespace, quietLog(), func([]string) { told++ })
		h.note("get", leaseResource, refusedConnection(1001))
		begin := time.Now()
		for i := range 5 {
			time.Sleep(time.Second)
			h.note("list", podResource, refusedConnection(1002+i))
		}
		h.note("get", leaseResource, context.Canceled) // our own doing
		if got := h.Degraded(); len(got) != 1 || !strings.Contains(got[0], "not reached since 2000-01-01T00:00:00Z") || !strings.Contains(got[0], "port 1001") {
			t.Errorf("degraded: %q", got)
		}
		if told != 1 || !h.longest(ofAll).since.Equal(begin) {
			t.Errorf("told %d times, since %s, want once since %s", told, h.longest(ofAll).since, begin)
		}
		h.note("list", podResource, forbidden("list", "pods")) // an answer all the same
		if !h.longest(ofAll).since.IsZero() {
			t.Error("still unreachable after an answer")
		}
		h.note("list", podResource, nil)
		if got := h.Degraded(); len(got) != 0 {
			t.Errorf("degraded: %q", got)
		}
	})
}

// TestAHangingWatchIsNotHidden: other calls have other connections, and that they are
// answered tells nothing of it.
func TestAHangingWatchIsNotHidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHealth(testNamespace, quietLog(), nil)
		began := time.Now()
		h.noteSource("list", podResource, context.DeadlineExceeded)
		for range 60 {
			time.Sleep(time.Second)
			h.note("update", leaseResource, nil)
			h.noteSource("watch", setResource, nil)
		}
		if since := h.longest(ofAll).since; !since.Equal(began) || len(h.Degraded()) != 1 {
			t.Errorf("not reached since %s, want since %s: %q", since, began, h.Degraded())
		}
		h.noteSource("watch", podResource, nil) // another way to the same view
		if since := h.longest(ofAll).since; !since.IsZero() || len(h.Degraded()) != 0 {
			t.Errorf("still not reached, since %s: %q", since, h.Degraded())
		}
	})
}

// TestOurOwnRateLimitIsNoOutage: a call that was not made tells nothing of the API server.
func TestOurOwnRateLimitIsNoOutage(t *testing.T) {
	h := newHealth(testNamespace, quietLog(), nil)
	h.note("patch", podResource, errors.New("client rate limiter Wait returned an error: rate: Wait(n=1) would exceed context deadline"))
	if !h.longest(ofAll).since.IsZero() || len(h.Degraded()) != 0 {
		t.Errorf("degraded: %q", h.Degraded())
	}
}

// TestRefusalsAreQuestioned: a refusal that no later call ends stands as long as the
// right is missing, and no longer.
func TestRefusalsAreQuestioned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var granted sync.Map
		api := fake.NewClientset()
		api.PrependReactor("create", "selfsubjectaccessreviews", func(action clienttesting.Action) (bool, runtime.Object, error) {
			review := action.(clienttesting.CreateAction).GetObject().(*authorizationv1.SelfSubjectAccessReview).DeepCopy()
			asked := review.Spec.ResourceAttributes
			_, review.Status.Allowed = granted.Load(asked.Namespace + " " + asked.Verb + " " + asked.Group + " " + asked.Resource)
			return true, review, nil
		})
		h := newHealth(testNamespace, quietLog(), nil)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go h.recheck(ctx, api)
		h.note("get", leaseResource, forbidden("get", "leases"))
		h.note("watch", nodeResource, forbidden("watch", "nodes"))
		h.note("patch", podResource, forbidden("patch", "pods"))
		time.Sleep(time.Minute)
		if got := h.Degraded(); len(got) != 3 {
			t.Fatalf("degraded: %q, want all three while nothing is granted", got)
		}
		granted.Store(testNamespace+" get coordination.k8s.io leases", true)
		granted.Store(" watch  nodes", true)
		time.Sleep(2 * recheckEvery)
		if got := h.Degraded(); len(got) != 1 || !strings.Contains(got[0], "may not patch pods") {
			t.Errorf("degraded: %q, want the pods' patch only", got)
		}
		granted.Store(testNamespace+" patch  pods", true)
		for range 10 { // refused all the same, by an admission controller perhaps
			h.note("patch", podResource, forbidden("patch", "pods"))
			time.Sleep(7500 * time.Millisecond) // the longest pause of what is repeated
			if got := h.Degraded(); len(got) != 1 {
				t.Fatalf("degraded: %q, want what is refused over and over", got)
			}
		}
	})
}

// TestWatchRecovers: without rights or API server there is no first view; it
// comes within seconds of either, without a restart.
func TestWatchRecovers(t *testing.T) {
	for name, failure := range map[string]func(verb, resource string) error{
		"forbidden":   forbidden,
		"unreachable": func(string, string) error { return refusedConnection(1) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := newFakeAPI(t, everyCall...)
				for object := range objects(t, twoClaims) {
					api.store(t, object)
				}
				api.setRefuse(failure)
				cluster := newCluster(t, api, testOptions())
				ctx, cancel := context.WithCancel(t.Context())
				heard := &transcript{}
				done := make(chan error)
				go func() { done <- cluster.Run(ctx, heard) }()
				time.Sleep(10 * time.Minute)
				if cluster.HasSynced() || len(cluster.Degraded()) == 0 {
					t.Errorf("synced %t, degraded %q", cluster.HasSynced(), cluster.Degraded())
				}
				api.setRefuse(nil)
				healed := time.Now()
				<-cluster.Synced()
				if took := time.Since(healed); took > 8*time.Second {
					t.Errorf("recovered after %s", took)
				}
				synctest.Wait()
				if text := heard.take(); !strings.HasPrefix(text, "set mymaster") || len(cluster.Degraded()) > 0 {
					t.Errorf("heard %q, degraded %q", text, cluster.Degraded())
				}
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestHealthTellsOutages: once as they begin and once as the last one ends.
func TestHealthTellsOutages(t *testing.T) {
	var told []bool
	h := newHealth(testNamespace, quietLog(), nil)
	h.awayChanged = func(away bool) { told = append(told, away) }
	h.note("get", leaseResource, nil)
	h.note("get", leaseResource, refusedConnection(1))
	h.noteSource("list", podResource, refusedConnection(2))
	h.noteSource("list", podResource, forbidden("list", "pods")) // it answers
	h.note("get", leaseResource, nil)
	if diff := cmp.Diff([]bool{true, false}, told); diff != "" {
		t.Error(diff)
	}
}
