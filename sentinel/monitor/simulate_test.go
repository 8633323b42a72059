package monitor_test

import (
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestSimulatedCrashPoints: a leader comes to each point of a switchover, and the
// next one goes on or back from there.
func TestSimulatedCrashPoints(t *testing.T) {
	f := start(t, "127.0.49", 3)
	exits, over := make(chan int, 10), make(chan struct{})
	t.Cleanup(func() { close(over) }) // before the monitor is closed, which waits for them
	f.monitor.Exit = func(code int) {
		exits <- code
		<-over // as if this process were no more
	}
	term := uint64(1)
	for _, point := range []string{
		"crash-before-commit-switching", "crash-after-commit-switching", "crash-after-pause", "crash-after-await-offset",
		"crash-before-demote", "crash-after-demote", "crash-before-promote", "crash-after-promote",
		"crash-before-commit-stable", "crash-after-commit-stable", "crash-after-follow",
	} {
		if err := f.monitor.Configure(t.Context(), []sentinel.Setting{{Option: sentinel.SettingSimulate, Value: point}}); err != nil {
			t.Fatal(err)
		}
		redis.Eventually(t, 20*time.Second, "a switchover for "+point, func() bool {
			return f.monitor.Failover(t.Context(), "mymaster", "the test") == nil
		})
		select {
		case code := <-exits:
			if code != 99 {
				t.Errorf("%s: exit code %d", point, code)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s: no leader came there", point)
		}
		if left := f.monitor.Settings().Value(sentinel.SettingSimulate); left != "" {
			t.Errorf("%s: %q would end the next leader", point, left)
		}
		term++
		f.monitor.NotLeading()
		f.monitor.Leading(term)
		redis.Eventually(t, 20*time.Second, "a settled record after "+point, func() bool {
			r, err := f.Get(t.Context(), "mymaster")
			return err == nil && r.Phase == sentinel.Stable && r.Requested == nil
		})
		f.awaitReplicas(2)
	}
}
