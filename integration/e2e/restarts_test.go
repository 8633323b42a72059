package e2e

import (
	"context"
	"errors"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// hold keeps the Redis of a pod away once it has ended, until it is released.
func (r *release) hold(pod string) (release func()) {
	r.t.Helper()
	release, err := r.Agent.Hold(r.namespace, pod, "redis")
	if err != nil {
		r.t.Fatal(err)
	}
	return release
}

// gone waits until no Redis runs in a pod that is held.
func (r *release) gone(pod string) {
	r.t.Helper()
	cluster.Eventually(r.t, 10*time.Second, pod+" rests", func(context.Context) error {
		process, err := r.Agent.Process(r.namespace, pod, "redis")
		if err == nil && process.PID != 0 {
			err = errors.New("it runs")
		}
		return err
	})
}
