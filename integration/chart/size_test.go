package chart_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	redistest "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// TestSizeChangesNoPod: a change of the template replaces pods, and with it those that stay
// while the others go. So only their number may follow from replicaCount.
func TestSizeChangesNoPod(t *testing.T) {
	old := values{"redis": values{"image": values{"tag": "6.2-alpine"}}}
	for what, v := range map[string]values{
		"defaults": {}, "Redis 6": old, "all that is secret": secure("deployment"), "sidecar": secure("sidecar"),
		"announced":     {"announce": values{"services": values{"enabled": true}, "hostnames": true}},
		"budget":        {"podDisruptionBudget": values{"minAvailable": 2}},
		"anti-affinity": {"antiAffinity": "soft", "topologySpread": values{"enabled": true}},
	} {
		var templates []corev1.PodTemplateSpec
		for _, size := range []int{3, 1, 2, 5, 50} {
			v["replicaCount"] = size
			o := render(t, "dev", v)
			set := o.statefulSets["dev-redis-cache"]
			if got := *set.Spec.Replicas; int(got) != size {
				t.Errorf("%s: %d replicas, want %d", what, got, size)
			}
			templates = append(templates, set.Spec.Template)
			if diff := cmp.Diff(templates[0], set.Spec.Template); diff != "" {
				t.Errorf("%s: with %d servers other pods than with 3 (-3 +%[2]d):\n%s", what, size, diff)
			}
		}
	}
}

// TestPreStopWaits: the only server waits for nobody, a master that lost its replicas does,
// and a replica goes after a second.
func TestPreStopWaits(t *testing.T) {
	cli := redistest.Binary(t, "redis-cli")
	script := container(t, render(t, "dev", nil).statefulSets["dev-redis-cache"].Spec.Template.Spec, "redis").Lifecycle.PreStop.Exec.Command
	leaves := func(host string, within time.Duration) bool {
		cmd := exec.CommandContext(t.Context(), script[0], script[1:]...)
		cmd.Env = append(os.Environ(), "POD_IP="+host)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("preStop of %s: %v", host, err)
			}
			return true
		case <-time.After(within):
			_ = cmd.Process.Kill()
			t.Logf("preStop of %s was killed: %v", host, <-ended)
			return false
		}
	}
	const alone, follower = "127.0.10.71", "127.0.10.72"
	master := redistest.Start(t, alone, 6379)
	if !leaves(alone, 15*time.Second) {
		t.Errorf("the only server waits for somebody (by %s)", cli)
	}
	replica := redistest.Start(t, follower, 6379, "--replicaof", alone, "6379")
	client := master.Client()
	defer client.Close()
	has := func(text string) bool {
		info, err := client.Info(t.Context(), "replication").Result()
		return err == nil && strings.Contains(info, text)
	}
	redistest.Eventually(t, 20*time.Second, "a replica in sync", func() bool { return has("state=online") })
	if leaves(alone, 3*time.Second) {
		t.Error("a master with a replica does not wait for its successor")
	}
	began := time.Now()
	if !leaves(follower, 15*time.Second) || time.Since(began) < 800*time.Millisecond {
		t.Errorf("a replica went after %s, want a second or a little more", time.Since(began))
	}
	replica.Kill()
	redistest.Eventually(t, 10*time.Second, "a master without its replica", func() bool { return has("connected_slaves:0") })
	if leaves(alone, 3*time.Second) {
		t.Error("a master whose replica is just being replaced does not wait for it")
	}
}

// TestNotesTellOfSeparateBuffers: with more than two replicas of an old Redis they are too
// much for the limit.
func TestNotesTellOfSeparateBuffers(t *testing.T) {
	for size, want := range map[int]bool{3: false, 4: true} {
		v := values{"replicaCount": size, "redis": values{"image": values{"tag": "6.2-alpine"}}}
		if got := strings.Contains(notes(t, v), fmt.Sprintf("%d replicas of a Redis before 7 have a buffer each", size-1)); got != want {
			t.Errorf("%d servers: told %v, want %v", size, got, want)
		}
	}
}
