package everyday

import (
	"context"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestForeignAddresses: a mesh's proxy makes the master list its replicas with an address that
// is no pod's. A frozen master is fenced and replaced all the same.
func TestForeignAddresses(t *testing.T) {
	whole(t)
	s := newSet(t, "foreign")
	s.install(nil)
	master := s.master(3)
	s.fill(master)
	for n := range 3 {
		if pod := s.Pod(n); pod != master {
			replica := s.server(pod)
			s.must(replica.ConfigSet(t.Context(), "replica-announce-ip", "127.0.0.6").Err())
		}
	}
	s.must(s.server(master).Do(t.Context(), "CLIENT", "KILL", "TYPE", "replica").Err())
	s.eventually("a list of foreign addresses", func(ctx context.Context) error {
		info, err := s.server(master).Info(ctx, "replication").Result()
		if n := strings.Count(info, "ip=127.0.0.6,port=6379,state=online"); err == nil && n != 2 {
			err = fmt.Errorf("%d of 2", n)
		}
		return err
	})
	s.master(3)

	frozen, err := s.Redis(t.Context(), master)
	s.must(err)
	s.must(syscall.Kill(frozen.PID, syscall.SIGSTOP))
	began := time.Now()
	s.eventually("another master", func(ctx context.Context) error {
		now, err := s.Record(ctx)
		if err == nil && (now.Pod == master || now.Phase != "Stable") {
			err = fmt.Errorf("%+v", now)
		}
		return err
	})
	t.Logf("another master %.1f s after it was frozen", time.Since(began).Seconds())
	_ = syscall.Kill(frozen.PID, syscall.SIGCONT) // unless the kubelet has ended it
	s.hasAll(s.master(3), "after the switch")
	s.remove()
}
