package command_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// TestWhy: what SENTINEL WHY answers after a failover, while one is refused, while a sync
// comes to no end, while the asked replica cannot write, and for a set that others manage.
func TestWhy(t *testing.T) {
	chosen := &sentinel.Decision{
		Chosen: "redis-1", Rule: "highest offset", Reason: "the master's process is gone", Candidates: []sentinel.Candidate{
			{Pod: "redis-1", Offset: 90, ReplID: "abc", Priority: 100, Node: "node-1", Zone: "zone-b"},
			{Pod: "redis-2", Offset: 80, ReplID: "abc", Priority: 100, Node: "node-2"},
		},
	}
	const decided = `master redis-0 at 127.0.0.1:6379, epoch 7, phase Stable
since 2026-01-02T03:04:05Z: the master's process is gone
last choice: redis-1, highest offset, because the master's process is gone
  candidate redis-1: offset 90, priority 100, node node-1, zone zone-b, replication id abc
  candidate redis-2: offset 80, priority 100, node node-2, zone unknown, replication id abc
`
	refusal := &sentinel.Refusal{Reason: "NoGoodReplica", Message: "no replica can be promoted", At: now, Decision: &sentinel.Decision{
		Candidates: []sentinel.Candidate{{Pod: "redis-1", ReplID: "abc", Refused: "still loading"}},
	}}
	for _, c := range []struct {
		name     string
		refusal  *sentinel.Refusal
		mode     sentinel.Mode
		problems []string
		lasting  []sentinel.Condition
		want     string
	}{
		{name: "all is well", want: decided + "nothing stands in the way of a failover"},
		{name: "refused", refusal: refusal, want: decided + `not now, since 2026-01-02T03:04:05Z: no replica can be promoted (NoGoodReplica)
  candidate redis-1: offset 0, priority 0, node , zone unknown, replication id abc, refused: still loading`},
		{
			name: "silent", refusal: &sentinel.Refusal{Reason: "MasterNotFenced", Message: "redis-0 is silent", At: now},
			want: decided + `not now, since 2026-01-02T03:04:05Z: redis-0 is silent (MasterNotFenced)
  by hand: redis-1 becomes master with the StatefulSet's annotation redis-sentinel-k8s/promote="uid-1 until <time>"; what redis-0 took since redis-1 heard of it last is lost then`,
		},
		{
			name: "the API server is away", problems: []string{"Kubernetes API not reached since then"},
			want: decided + "not by the replica of the service that was asked: Kubernetes API not reached since then",
		},
		{
			name: "syncs repeat", lasting: []sentinel.Condition{{Reason: sentinel.SyncsRepeat, Pod: "redis-0", Since: now, Message: "redis-0 began 3 full syncs"}},
			want: decided + "SyncsRepeat since 2026-01-02T03:04:05Z: redis-0 began 3 full syncs\nnothing stands in the way of a failover",
		},
		{name: "observed", mode: sentinel.Observe, want: decided + "not by this service: the mode is observe, others promote"},
	} {
		t.Run(c.name, func(t *testing.T) {
			view := healthy()
			view.Replicas[0].Pod, view.Replicas[0].UID, view.Replicas[1].Disconnected = "redis-1", "uid-1", true
			view.Master.Pod, view.Config.Mode = "redis-0", c.mode
			view.Why = &sentinel.Why{Phase: sentinel.Stable, Reason: "the master's process is gone", Since: now, Decision: chosen, Refusal: c.refusal}
			view.Conditions = c.lasting
			views := store.New()
			views.CommitMaster(view)
			s := start(t, command.Options{Store: views, Problems: func() []string { return c.problems }})
			lines, err := s.client(t).Do(patient(t), "SENTINEL", "WHY", "mymaster").StringSlice()
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, strings.Join(lines, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestWhyOfASetWithoutAMaster: a set that never had one has no row, and a question all the same.
func TestWhyOfASetWithoutAMaster(t *testing.T) {
	s := start(t, command.Options{Store: store.New(), Hindrance: func(master string) (string, bool) {
		return "orders has no master: redis-0: wrong password (WRONGPASS)", master == "orders"
	}})
	c := s.client(t)
	lines, err := c.Do(patient(t), "SENTINEL", "WHY", "orders").StringSlice()
	if text := strings.Join(lines, "\n"); err != nil || !strings.Contains(text, "redis-0: wrong password") {
		t.Errorf("%v: %q", err, text)
	}
	if _, err := c.Do(patient(t), "SENTINEL", "WHY", "nobody").StringSlice(); err == nil || !strings.Contains(err.Error(), "No such master") {
		t.Errorf("of a name that is none: %v", err)
	}
}
