package e2e

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	servers "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// TestForeignTenant: an address of the set is given to somebody else's Redis as soon
// as the process that had it is gone. To the service it does not matter whose pod that
// is, since it has no label; here it is the test's own process. The service must not
// give it any command, though Kubernetes may tell late that its own pod is gone.
func TestForeignTenant(t *testing.T) {
	r := install(t, nil)
	r.settled(3)
	preload(t, r.client())
	moments := r.moments()
	t.Run("the pod is deleted by force", func(t *testing.T) {
		r := r.in(t)
		master := r.settled(3)
		addr := others(r.redisAddrs(), master)[0]
		r.tenant(addr, func(pod string) func() {
			now := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}
			if err := r.Client.CoreV1().Pods(r.namespace).Delete(t.Context(), pod, now); err != nil {
				t.Fatal(err)
			}
			return func() {}
		})
	})
	// A kubelet gives the address of a pod back before it reports that the pod has ended.
	t.Run("the end of a replica's pod is reported late", func(t *testing.T) {
		r := r.in(t)
		master := r.settled(3)
		addr := others(r.redisAddrs(), master)[0]
		r.tenant(addr, func(pod string) func() { return r.endUnseen(moments, pod) })
	})
	t.Run("the end of the master's pod is reported late", func(t *testing.T) {
		r := r.in(t)
		r.tenant(r.settled(3), func(pod string) func() { return r.endUnseen(moments, pod) })
	})
}

// endUnseen deletes a pod whose status stays as it is until it is let go.
func (r *release) endUnseen(moments *moments, pod string) (letGo func()) {
	r.t.Helper()
	seen := make(chan struct{})
	for range 20 { // each report of it, until then
		moments.expect(&moment{
			what: "a status of " + pod,
			is: func(request *admissionv1.AdmissionRequest) bool {
				return request.Resource.Resource == "pods" && request.Name == pod
			},
			act: func(*admissionv1.AdmissionRequest) error {
				select {
				case <-seen:
				case <-time.After(held * 9 / 10):
				}
				return nil
			},
		})
	}
	if err := r.Client.CoreV1().Pods(r.namespace).Delete(r.t.Context(), pod, metav1.DeleteOptions{}); err != nil {
		r.t.Fatal(err)
	}
	return func() {
		close(seen)
		moments.forget("a status of " + pod)
	}
}

// tenant lets a pod go and starts somebody else's Redis at its address.
func (r *release) tenant(addr string, end func(pod string) (letGo func())) {
	r.t.Helper()
	pod := r.podAt(addr)
	process, err := r.Agent.Process(r.namespace, pod, "redis")
	if err != nil {
		r.t.Fatal(err)
	}
	letGo := end(pod)
	cluster.Eventually(r.t, time.Minute, "the process of "+pod+" ends", func(context.Context) error {
		if err := syscall.Kill(process.PID, 0); err != syscall.ESRCH {
			return fmt.Errorf("it is there: %w", err)
		}
		return nil
	})
	theirs := servers.Start(r.t, process.IP, 6379)
	defer theirs.Kill()
	client := theirs.Client()
	defer client.Close()
	if err := client.Set(r.t.Context(), "theirs", "kept", 0).Err(); err != nil {
		r.t.Fatal(err)
	}
	// What must not happen can only be waited for: the service meets it within half a
	// second, and tries again what did not work within a second.
	for until := time.Now().Add(3 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		for _, sentinel := range r.sentinels() {
			if named := namedBy(r.t, sentinel); named == addr {
				r.t.Fatalf("%s names somebody else's Redis", sentinel)
			}
		}
	}
	letGo()
	r.replaced()
	r.ready(3)
	r.settled(3)
	r.leftAlone(client)
}

// leftAlone holds that nobody changed anything on somebody else's Redis, and that
// nobody stays connected to it.
func (r *release) leftAlone(client *redis.Client) {
	r.t.Helper()
	cluster.Eventually(r.t, time.Minute, "the service lets go", func(ctx context.Context) error {
		list, err := client.ClientList(ctx).Result()
		if err == nil && strings.Contains(list, "name=redis-sentinel-k8s-probe") || strings.Contains(list, "name=ctl-") {
			err = fmt.Errorf("clients: %s", list)
		}
		return err
	})
	stats, err := client.Info(r.t.Context(), "commandstats").Result()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, command := range []string{"replicaof", "slaveof", "config|set", "client|kill", "client|pause", "client|unpause", "failover", "shutdown"} {
		if n := callsOf(stats, command); n > 0 {
			r.t.Errorf("it was given %s %d times", command, n)
		}
	}
	if role, err := client.Do(r.t.Context(), "ROLE").Slice(); err != nil || role[0] != "master" {
		r.t.Errorf("its role is %v (%v)", role, err)
	}
	if kept, err := client.Get(r.t.Context(), "theirs").Result(); err != nil || kept != "kept" {
		r.t.Errorf("its data is %q (%v)", kept, err)
	}
}
