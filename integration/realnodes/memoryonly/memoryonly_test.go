package memoryonly

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/image"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/suite"
)

var only = flag.String("faults", "", "only the fault of this name")

// fault ends all processes of the set. Where some may be back and filled before the last one
// ends, nothing need be lost.
type fault struct {
	name string
	do   func(s *set, master string)
	sure bool // all that was known is lost
}

var faults = []fault{
	{"in the middle of a full sync", inASync, true},
	{"all at once", func(s *set, _ string) { s.kill(s.all()...) }, true},
	{"within a second", func(s *set, _ string) {
		for _, n := range rand.Perm(size) {
			s.kill(s.Pod(n))
			time.Sleep(rand.N(330 * time.Millisecond)) // the fault itself
		}
	}, false},
	{"all nodes boot", boot, true},
}

// inASync lets one replica begin with nothing, and ends all in the middle of that, or while
// it loads what it has received.
func inASync(s *set, master string) {
	replica := s.Pod(0)
	if replica == master {
		replica = s.Pod(1)
	}
	folder, err := s.folder(s.t.Context(), replica)
	s.must(err)
	s.kill(replica)
	for deadline := time.Now().Add(patience); ; time.Sleep(2 * time.Millisecond) {
		if entries, err := os.ReadDir(folder); err == nil && len(entries) > 0 {
			break
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s received nothing", replica)
		}
	}
	time.Sleep(rand.N(60 * time.Millisecond)) // the fault itself
	s.kill(s.all()...)
}

// boot takes the power from all nodes, and gives it back: the same pods, and their disks.
func boot(s *set, _ string) {
	for _, node := range s.Nodes {
		s.must(node.Kill())
	}
	for _, node := range s.Nodes {
		s.must(node.Boot(s.t.Context()))
	}
}

// TestMemoryOnly ends all processes of a set in every way.
func TestMemoryOnly(t *testing.T) {
	images := []string{image.Redis80, image.Valkey81, image.Redis70, image.Valkey91}
	chosen := faults
	if testing.Short() {
		images, chosen = images[:1], faults[:2]
	}
	c := suite.Nodes(t)
	for n, name := range images {
		t.Run(name, func(t *testing.T) {
			s := install(t, c, fmt.Sprintf("memory-only-%d", n), name)
			for round, f := range chosen {
				if *only != "" && *only != f.name {
					continue
				}
				t.Run(f.name, func(t *testing.T) { (&set{s.Release, t}).round(round, f, (round+n)%2 == 0) })
				if t.Failed() {
					return // and the set stays, to be looked at
				}
			}
			s.must(s.Uninstall(t.Context()))
		})
	}
}

// round plays one fault.
func (s *set) round(n int, f fault, person bool) {
	s.t.Helper()
	ctx := s.t.Context()
	s.ask(person)
	gone, kept := fmt.Sprintf("gone:%d", n), fmt.Sprintf("kept:%d", n)
	master := s.prepare(gone, kept)
	before, err := s.events(ctx)
	s.must(err)
	f.do(s, master)
	if person && f.sure {
		s.waitsForAPerson()
	}
	s.ask(false)
	s.settled()
	back, lost := s.look(kept)
	s.eventually("the loss to be told in Event and metric", func(ctx context.Context) error {
		events, err := s.events(ctx)
		metric, err2 := s.metric(ctx)
		if told := events > before && metric > 0; err == nil && err2 == nil && told != lost {
			err = fmt.Errorf("lost %v, told in Event %v, metric %d", lost, events > before, metric)
		}
		return errors.Join(err, err2)
	})
	if f.sure && !lost {
		s.t.Errorf("%s is there, though nobody was left", kept)
	}
	if why, err := s.Why(ctx); lost && (err != nil || !strings.Contains(why, "because every process that held the data is gone")) {
		s.t.Errorf("SENTINEL WHY: %s (%v)", why, err)
	}
	s.t.Logf("lost %v and told so, asked %v; %d deleted keys came back", lost, person && f.sure, back)
}

// look counts deleted keys that are back, and tells whether one that was not is lost.
func (s *set) look(kept string) (back int, lost bool) {
	s.t.Helper()
	ctx := s.t.Context()
	for _, pod := range s.all() {
		c, err := s.client(ctx, pod)
		s.must(err)
		keys, err := c.Keys(ctx, "gone:*").Result()
		s.must(err)
		back += len(keys)
		lost = lost || c.Exists(ctx, kept).Val() == 0
		if len(keys) > 0 {
			s.t.Errorf("%s has %v, which were deleted", pod, keys)
		}
	}
	return back, lost
}

// waitsForAPerson: the loss is told, and nobody is a master for as long as nobody says so,
// nor has anything to be read.
func (s *set) waitsForAPerson() {
	s.t.Helper()
	s.eventually("the question to a person", func(ctx context.Context) error {
		why, err := s.Why(ctx)
		if err == nil && !strings.Contains(why, "(TotalLoss)") {
			err = errors.New(why)
		}
		return err
	})
	for range 20 { // for two seconds
		for _, pod := range s.all() {
			c, err := s.client(s.t.Context(), pod)
			if err != nil {
				continue
			}
			info, err := c.Info(s.t.Context(), "replication").Result()
			if err != nil {
				continue // it is not back yet
			}
			if !strings.Contains(info, "role:slave") {
				s.t.Fatalf("%s is a master, and nobody was asked: %s", pod, info)
			}
			if keys := c.DBSize(s.t.Context()).Val(); keys > 0 {
				s.t.Errorf("%s serves %d keys", pod, keys)
			}
		}
		time.Sleep(100 * time.Millisecond) // what must not happen has no moment
	}
}

// prepare lets every replica take a full copy that holds the key, and then deletes it.
func (s *set) prepare(gone, kept string) (master string) {
	s.t.Helper()
	ctx := s.t.Context()
	master = s.settled()
	c, err := s.client(ctx, master)
	s.must(err)
	for k := range 12 {
		s.must(c.Set(ctx, fmt.Sprintf("filler:%d", k), strings.Repeat("x", 1<<20), 0).Err())
	}
	s.must(c.Set(ctx, gone, "x", 0).Err())
	for _, pod := range s.all() {
		if pod == master {
			continue
		}
		// A new pod: kubelets are slow to restart what has ended before.
		_, err := s.Kubectl(ctx, "-n", s.Namespace, "delete", "pod", pod)
		s.must(err)
		if now := s.settled(); now != master {
			s.t.Fatalf("%s is master now, before it was %s", now, master)
		}
	}
	s.must(c.Del(ctx, gone).Err())
	s.must(c.Set(ctx, kept, "y", 0).Err())
	s.eventually("replicas that have it, and empty folders", func(ctx context.Context) error {
		for _, pod := range s.all() {
			c, err := s.client(ctx, pod)
			if err != nil {
				return err
			}
			files, err := s.files(ctx, pod)
			if has := c.Exists(ctx, kept).Val() == 1 && c.Exists(ctx, gone).Val() == 0; err == nil && (!has || len(files) > 0) {
				err = fmt.Errorf("%s: %v, in its folder %v", pod, has, files)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	return master
}
