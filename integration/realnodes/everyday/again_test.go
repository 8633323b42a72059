package everyday

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
)

// TestInstalledAgain: nothing of a release's last life holds for the next one: not an order to
// forget the master, not a setting; and no loss is told where nothing was lost.
func TestInstalledAgain(t *testing.T) {
	whole(t)
	s := newSet(t, "again")
	values := cluster.Values{"sentinel": cluster.Values{"onTotalLoss": "manual"}}
	s.install(values)
	s.fill(s.master(3))
	for _, order := range [][]any{
		{"SENTINEL", "CONFIG", "SET", "announce-port", "7"},
		{"SENTINEL", "SET", release.Master, "quorum", "3"},
		{"SENTINEL", "REMOVE", release.Master},
	} {
		s.must(s.Order(t.Context(), order...))
	}
	s.must(s.Uninstall(t.Context()))
	s.nothingLeft()
	s.install(values)
	master := s.master(3)
	if got := s.quorum(); got != "2" {
		t.Errorf("quorum %q, want that of a new set", got)
	}
	if why, err := s.Why(t.Context()); err != nil || strings.Contains(why, "TotalLoss") {
		t.Errorf("a loss is told: %s (%v)", why, err)
	}
	s.must(s.server(master).Set(t.Context(), "k", "v", 0).Err())
	s.remove()
}

// nothingLeft waits until Kubernetes has collected what the service wrote. The leader's Lease
// stays: it says nothing of a set.
func (s *set) nothingLeft() {
	s.t.Helper()
	leader := s.FullName() + "-sentinel-leader"
	s.eventually("the end of all Leases", func(ctx context.Context) error {
		all, err := s.Client.CoordinationV1().Leases(s.Namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		for _, lease := range all.Items {
			if lease.Name != leader {
				return fmt.Errorf("%s is left", lease.Name)
			}
		}
		return nil
	})
}

// quorum is what SENTINEL MASTER tells of it.
func (s *set) quorum() string {
	s.t.Helper()
	answer, err := s.Sentinel(s.t.Context(), "SENTINEL", "MASTER", release.Master)
	s.must(err)
	fields, err := answer.StringSlice()
	s.must(err)
	return fields[slices.Index(fields, "quorum")+1]
}

// TestOrphaned: a StatefulSet that is deleted without its pods, and made anew over them, keeps
// its master, its data and its settings.
func TestOrphaned(t *testing.T) {
	whole(t)
	s := newSet(t, "orphaned")
	s.install(nil)
	before, err := s.SettledWith(t.Context(), 3)
	s.must(err)
	s.fill(before.Pod)
	s.must(s.Order(t.Context(), "SENTINEL", "SET", release.Master, "quorum", "3"))
	s.kubectl("delete", "statefulset", s.FullName(), "--cascade=orphan")
	if got := s.master(3); got != before.Pod {
		t.Errorf("without its StatefulSet the master is %s, before it was %s", got, before.Pod)
	}
	_, err = s.Upgrade(t.Context(), cluster.Values{})
	s.must(err)
	s.eventually("the record to be the new StatefulSet's", func(ctx context.Context) error {
		set, err := s.Client.AppsV1().StatefulSets(s.Namespace).Get(ctx, s.FullName(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		lease, err := s.Client.CoordinationV1().Leases(s.Namespace).Get(ctx, s.FullName()+"-"+release.Master, metav1.GetOptions{})
		if err == nil && (len(lease.OwnerReferences) != 1 || lease.OwnerReferences[0].UID != set.UID) {
			err = fmt.Errorf("its owners are %v, want %s", lease.OwnerReferences, set.UID)
		}
		return err
	})
	if now, err := s.SettledWith(t.Context(), 3); err != nil || now != before {
		t.Errorf("%+v (%v), before it was %+v", now, err, before)
	}
	if got := s.quorum(); got != "3" {
		t.Errorf("quorum %q, want what was set", got)
	}
	s.hasAll(before.Pod, "over living pods")
	s.remove()
}
