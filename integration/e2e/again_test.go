package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// TestInstalledAgain: a release is uninstalled and installed again. Nothing of its last life
// holds: with onTotalLoss manual, after SENTINEL REMOVE, SET and CONFIG SET, and where the
// Leases of before are still there.
func TestInstalledAgain(t *testing.T) {
	values := cluster.Values{"sentinel": cluster.Values{"onTotalLoss": "manual"}}
	r := install(t, values)
	r.settled(3)
	for _, kept := range []bool{false, true} {
		r.orders(
			[]any{"SENTINEL", "CONFIG", "SET", "announce-port", "7"},
			[]any{"SENTINEL", "SET", "mymaster", "quorum", "3"},
			[]any{"SENTINEL", "REMOVE", "mymaster"},
		)
		before := r.leases()
		r.Uninstall(t, r.namespace, r.name)
		r.nothingLeft()
		if kept { // as out of a backup, or by who owns Leases otherwise
			r.restore(before)
		}
		r.Install(t, r.namespace, r.name, values)
		r.ready(3)
		master := r.settled(3)
		s := sentinelAt(t, r.sentinels()[0])
		if m, err := s.Master(t.Context(), "mymaster").Result(); err != nil || m["quorum"] != "2" {
			t.Errorf("leases kept: %v: quorum %q (%v), want that of a new set", kept, m["quorum"], err)
		}
		if why := r.why(); strings.Contains(why, "TotalLoss") {
			t.Errorf("leases kept: %v: a loss is told: %s", kept, why)
		}
		if err := node(t, master).Set(t.Context(), "k", "v", 0).Err(); err != nil {
			t.Error(err)
		}
	}
}

// TestOrphaned: a StatefulSet is deleted without its pods and made anew over them. Its master
// stays, and the record.
func TestOrphaned(t *testing.T) {
	r := install(t, nil)
	master := r.settled(3)
	preload(t, r.client())
	r.orders([]any{"SENTINEL", "SET", "mymaster", "quorum", "3"})
	epoch := r.epoch()
	r.MustKubectl(t, "delete", "statefulset", "dev-redis-cache", "-n", r.namespace, "--cascade=orphan")
	if got := r.settled(3); got != master {
		t.Errorf("without its StatefulSet the master is %s, before it was %s", got, master)
	}
	r.Upgrade(t, r.namespace, r.name, nil)
	r.ready(3)
	set, err := r.Client.AppsV1().StatefulSets(r.namespace).Get(t.Context(), "dev-redis-cache", getOptions)
	if err != nil {
		t.Fatal(err)
	}
	cluster.Eventually(t, 30*time.Second, "the record belongs to the new StatefulSet", func(ctx context.Context) error {
		lease, err := r.Client.CoordinationV1().Leases(r.namespace).Get(ctx, r.lease("mymaster"), getOptions)
		if err != nil {
			return err
		}
		if owners := lease.OwnerReferences; len(owners) != 1 || owners[0].UID != set.UID {
			return fmt.Errorf("owners %v, want %s", owners, set.UID)
		}
		return nil
	})
	if got := r.settled(3); got != master || r.epoch() != epoch {
		t.Errorf("the master is %s in epoch %d, before it was %s in %d", got, r.epoch(), master, epoch)
	}
	if m, err := sentinelAt(t, r.sentinels()[0]).Master(t.Context(), "mymaster").Result(); err != nil || m["quorum"] != "3" {
		t.Errorf("quorum %q (%v), want what was set", m["quorum"], err)
	}
	r.kill(r.podAt(master))
	next := r.moved(master)
	if got := keptKeys(t.Context(), t, node(t, next)); got != preloaded {
		t.Errorf("%d of %d keys after a crash", got, preloaded)
	}
}

// orders gives orders at a replica of the service, from within its pod.
func (r *release) orders(all ...[]any) {
	r.t.Helper()
	for _, words := range all {
		order := redis.NewCmd(r.t.Context(), words...)
		_ = sentinelAt(r.t, r.sentinels()[0]).Process(r.t.Context(), order)
		if err := order.Err(); err != nil {
			r.t.Fatalf("%v: %v", words, err)
		}
	}
}

// why is what SENTINEL WHY says.
func (r *release) why() string {
	r.t.Helper()
	why := redis.NewStringSliceCmd(r.t.Context(), "SENTINEL", "WHY", "mymaster")
	_ = sentinelAt(r.t, r.sentinels()[0]).Process(r.t.Context(), why)
	if err := why.Err(); err != nil {
		r.t.Fatal(err)
	}
	return strings.Join(why.Val(), "\n")
}

// leases are the record and the settings.
func (r *release) leases() (all []*coordinationv1.Lease) {
	r.t.Helper()
	for _, name := range []string{r.lease("mymaster"), r.lease("sentinel-config")} {
		lease, err := r.Client.CoordinationV1().Leases(r.namespace).Get(r.t.Context(), name, getOptions)
		if err != nil {
			r.t.Fatal(err)
		}
		all = append(all, lease)
	}
	return all
}

// restore makes the record once more, as nobody's, which no collector deletes.
func (r *release) restore(leases []*coordinationv1.Lease) {
	r.t.Helper()
	lease := leases[0].DeepCopy()
	lease.ResourceVersion, lease.UID, lease.OwnerReferences = "", "", nil
	if _, err := r.Client.CoordinationV1().Leases(r.namespace).Create(r.t.Context(), lease, metav1.CreateOptions{}); err != nil {
		r.t.Fatal(err)
	}
}

var errLeft = errors.New("left behind")

// nothingLeft waits until no pod of the release and no Lease is there, but for the leader's.
func (r *release) nothingLeft() {
	r.t.Helper()
	cluster.Eventually(r.t, 2*time.Minute, "nothing is left", func(ctx context.Context) error {
		pods, err := r.Client.CoreV1().Pods(r.namespace).List(ctx, metav1.ListOptions{})
		if err != nil || len(pods.Items) > 0 {
			return fmt.Errorf("%d pods: %w", len(pods.Items), errors.Join(errLeft, err))
		}
		for _, name := range []string{r.lease("mymaster"), r.lease("sentinel-config")} {
			if _, err := r.Client.CoordinationV1().Leases(r.namespace).Get(ctx, name, getOptions); !apierrors.IsNotFound(err) {
				return fmt.Errorf("%s: %w", name, errors.Join(errLeft, err))
			}
		}
		return nil
	})
}
