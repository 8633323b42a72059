package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
)

// record is what a person reads in the Lease of a master.
type record struct {
	Phase    string
	Term     uint64
	Master   process
	Target   process
	Decision struct{ Chosen, Rule string }
	Refusal  struct{ Reason string }
}

type process struct {
	Pod  string
	Addr struct {
		Host string
		Port int
	}
}

func (p process) addr() string { return fmt.Sprintf("%s:%d", p.Addr.Host, p.Addr.Port) }

func recordOf(annotations map[string]string) (r record, err error) {
	text, found := annotations["redis-sentinel-k8s/record"]
	if !found {
		return r, errors.New("no record")
	}
	return r, json.Unmarshal([]byte(text), &r)
}

// lease is the name of the Lease that holds a master's record.
func (r *release) lease(master string) string { return r.name + "-redis-cache-" + master }

func (r *release) recordNow(ctx context.Context) (record, error) {
	lease, err := r.Client.CoordinationV1().Leases(r.namespace).Get(ctx, r.lease("mymaster"), getOptions)
	if err != nil {
		return record{}, err
	}
	return recordOf(lease.Annotations)
}

// says waits until the stored record is as wanted.
func (r *release) says(what string, is func(record) bool) record {
	r.t.Helper()
	var now record
	cluster.Eventually(r.t, time.Minute, "a record that says "+what, func(ctx context.Context) (err error) {
		if now, err = r.recordNow(ctx); err == nil && !is(now) {
			err = fmt.Errorf("it says %s of term %d, master %s, target %s", now.Phase, now.Term, now.Master.Pod, now.Target.Pod)
		}
		return err
	})
	return now
}

// freeze stops a container's process and returns when it stands still. It may be
// called in a moment, which is not the test's own goroutine.
func (r *release) freeze(pod, container string) error {
	if err := r.Agent.Signal(r.namespace, pod, container, syscall.SIGSTOP); err != nil {
		return err
	}
	process, err := r.Agent.Process(r.namespace, pod, container)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(held / 2); !standsStill(process.PID); {
		if time.Now().After(deadline) {
			return fmt.Errorf("%s of %s does not stand still", container, pod)
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// standsStill says whether no thread of a process runs any more: until then it may
// still take in what comes.
func standsStill(pid int) bool {
	stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if _, rest, ok := strings.Cut(string(text), ") "); err != nil || !ok || rest[0] != 'T' {
			return false
		}
	}
	return err == nil && len(stats) > 0
}

// wake lets a frozen process go on.
func (r *release) wake(pod, container string) {
	r.t.Helper()
	if err := r.Agent.Signal(r.namespace, pod, container, syscall.SIGCONT); err != nil {
		r.t.Fatal(err)
	}
}

// others are addresses without these.
func others(addrs []string, but ...string) []string {
	return slices.DeleteFunc(slices.Clone(addrs), func(addr string) bool { return slices.Contains(but, addr) })
}
