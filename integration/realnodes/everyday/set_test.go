package everyday

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/suite"
)

const patience = 2 * time.Minute

// set is the chart's set in a namespace of its own.
type set struct {
	*release.Release
	t        *testing.T
	password string
}

// whole keeps a test out of the short form: e2e or embedded play the same without real nodes.
func whole(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes minutes on real nodes: make everyday")
	}
}

// newSet is one that is not installed yet.
func newSet(t *testing.T, namespace string) *set {
	t.Helper()
	r, err := release.New(t.Context(), suite.Nodes(t), namespace, "dev")
	if err != nil {
		t.Fatal(err)
	}
	return &set{Release: r, t: t}
}

func (s *set) install(values cluster.Values) {
	s.t.Helper()
	_, _, err := s.Install(s.t.Context(), values)
	s.must(err)
}

// remove uninstalls it, so that the nodes have room for the next one. After a failure it
// stays, to be looked at.
func (s *set) remove() {
	s.t.Helper()
	if !s.t.Failed() {
		s.must(s.Uninstall(s.t.Context()))
	}
}

func (s *set) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *set) eventually(what string, holds func(context.Context) error) {
	s.t.Helper()
	s.must(realnodes.Wait(s.t.Context(), patience, what, holds))
}

func (s *set) kubectl(args ...string) {
	s.t.Helper()
	_, err := s.Kubectl(s.t.Context(), append([]string{"-n", s.Namespace}, args...)...)
	s.must(err)
}

// master is the pod of the master of a whole set of so many.
func (s *set) master(size int) string {
	s.t.Helper()
	now, err := s.SettledWith(s.t.Context(), size)
	s.must(err)
	return now.Pod
}

// server is a client of one pod's server.
func (s *set) server(pod string) *redis.Client {
	s.t.Helper()
	c, err := s.Server(s.t.Context(), pod, s.password)
	s.must(err)
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// keys is how many the set is given, and has to keep.
const keys = 10_000

func (s *set) fill(pod string) {
	s.t.Helper()
	_, err := s.server(pod).Pipelined(s.t.Context(), func(p redis.Pipeliner) error {
		for n := range keys {
			p.Set(s.t.Context(), fmt.Sprintf("key:%d", n), n, 0)
		}
		return nil
	})
	s.must(err)
}

// hasAll holds that nothing is lost.
func (s *set) hasAll(pod, when string) {
	s.t.Helper()
	n, err := s.server(pod).DBSize(s.t.Context()).Result()
	if err != nil || n != keys {
		s.t.Fatalf("%s: %d of %d keys on %s (%v)", when, n, keys, pod, err)
	}
}
