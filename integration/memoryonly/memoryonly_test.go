package memoryonly

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
)

var full = flag.Bool("memoryonly.full", false, "every fault, in every version")

// fault ends all processes of the set. None runs when it returns, and none is started again
// before all are let go.
type fault struct {
	name string
	do   func(s *stage, master int)
}

func faults() []fault {
	all := []fault{
		{"all at once", func(s *stage, _ int) { s.kill(0, 1, 2) }},
		{"in the middle of a full sync", inASync},
		{"all nodes boot", boot},
	}
	for _, order := range [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
		all = append(all, fault{fmt.Sprintf("within a second, the master by %v", order), func(s *stage, master int) {
			// Counted from the master, so that each place is the master's in two of them.
			for _, n := range order {
				s.kill((master + n) % size)
				time.Sleep(rand.N(330 * time.Millisecond)) // the fault itself
			}
		}})
	}
	return append(all, fault{"in the middle of a full sync, again", inASync})
}

// inASync lets one replica begin with nothing, and ends all in the middle of that, or while
// it loads what it has received.
func inASync(s *stage, master int) {
	replica := (master + 1) % size
	s.let(replica)
	s.kill(replica)
	client := s.client(replica)
	s.eventually("a full sync", func(ctx context.Context) error {
		if files := s.files(replica); len(files) > 0 {
			return nil
		}
		info := client.Info(ctx, "replication").Val()
		if strings.Contains(info, "master_link_status:up") { // it went by unseen
			s.kill(replica)
		}
		return errors.New("nothing is received")
	})
	s.hold(replica)
	time.Sleep(rand.N(60 * time.Millisecond)) // the fault itself
	s.kill(0, 1, 2)
}

// boot takes all nodes away at once, and brings them back: the same pods, with what was on
// their disks.
func boot(s *stage, _ int) {
	for n := range s.pods {
		if err := s.Agent().LoseNode(fmt.Sprintf("node-%d", n)); err != nil {
			s.t.Fatal(err)
		}
	}
	s.kill(0, 1, 2)
	for n := range s.pods {
		if err := s.Agent().RestoreNode(fmt.Sprintf("node-%d", n)); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestMemoryOnly ends all processes of a set in every way.
func TestMemoryOnly(t *testing.T) {
	for n, v := range versions {
		if n > 0 && !*full {
			break
		}
		t.Run(v.name, func(t *testing.T) {
			s := start(t, v)
			back, left := 0, 0
			all := faults()
			if !*full {
				all = all[:4]
			}
			for round, f := range all {
				t.Run(f.name, func(t *testing.T) {
					outer := s.t
					s.t = t
					defer func() { s.t = outer }()
					was, found := s.round(round, f, round%2 == 0)
					back, left = back+was, left+found
				})
				if t.Failed() {
					break
				}
			}
			t.Logf("%s: %d rounds, %d deleted keys came back; %d files were there to be loaded when processes had ended", v.name, len(all), back, left)
		})
	}
}

// round plays one fault. It returns how many deleted keys are back, and how many files the
// processes left.
func (s *stage) round(n int, f fault, person bool) (back, left int) {
	s.t.Helper()
	ctx := s.t.Context()
	s.ask(person)
	gone, kept := fmt.Sprintf("gone:%d", n), fmt.Sprintf("kept:%d", n)
	master := s.prepare(gone, kept)
	before := must(s.told(ctx))(s.t)
	for i := range s.pods {
		s.hold(i)
	}
	f.do(s, master)
	for i := range s.pods {
		left += len(s.files(i))
	}
	for i := range s.pods {
		s.let(i)
	}
	if person {
		s.waitsForAPerson()
		s.ask(false)
	}
	s.settled()
	for i := range s.pods {
		keys := must(s.client(i).Keys(ctx, "*").Result())(s.t)
		for _, key := range keys {
			if strings.HasPrefix(key, "gone:") {
				back++
			}
		}
		if slices.ContainsFunc(keys, func(key string) bool { return key != "takes" }) {
			s.t.Errorf("%s has %v after a total loss", s.pods[i], keys)
		}
	}
	s.eventually("the loss to be told in Event, log and metric", func(ctx context.Context) error {
		now, err := s.told(ctx)
		if err == nil && !now.inAll(before) {
			err = fmt.Errorf("%+v, before %+v", now, before)
		}
		return err
	})
	if why := s.why(ctx); !strings.Contains(why, "because every process that held the data is gone") {
		s.t.Errorf("SENTINEL WHY: %s", why)
	}
	return back, left
}

// waitsForAPerson: the loss is told, and nobody is a master for as long as nobody says so,
// nor has anything to be read.
func (s *stage) waitsForAPerson() {
	s.t.Helper()
	s.eventually("the question to a person", func(ctx context.Context) error {
		if why := s.why(ctx); !strings.Contains(why, "(TotalLoss)") {
			return errors.New(why)
		}
		return nil
	})
	for range 20 { // for two seconds
		for i := range s.pods {
			info, err := s.client(i).Info(s.t.Context(), "replication").Result()
			if err != nil {
				continue // it is not back yet
			}
			if !strings.Contains(info, "role:slave") {
				s.t.Fatalf("%s is a master, and nobody was asked: %s", s.pods[i], info)
			}
			if keys := s.client(i).DBSize(s.t.Context()).Val(); keys > 0 {
				s.t.Errorf("%s serves %d keys", s.pods[i], keys)
			}
		}
		time.Sleep(100 * time.Millisecond) // what must not happen has no moment
	}
}

// prepare lets every replica take a full copy that holds the key, and then deletes it.
func (s *stage) prepare(gone, kept string) (master int) {
	s.t.Helper()
	ctx := s.t.Context()
	master = s.settled()
	for i := range s.pods {
		if i == master {
			continue
		}
		// More than the backlog of 8 MB holds, so that one which has an older copy takes a new
		// one; and little enough beside what connections with such values keep.
		for k := range 12 {
			s.must(s.client(master).Set(ctx, fmt.Sprintf("filler:%d", k), strings.Repeat(fmt.Sprint(i), 1<<20), 0).Err())
		}
		s.must(s.client(master).Set(ctx, gone, "x", 0).Err())
		s.kill(i)
		s.eventually("another process", func(ctx context.Context) error {
			m, err := s.whole(ctx)
			if err == nil && m != master {
				err = errors.New("another master")
			}
			return err
		})
	}
	s.must(s.client(master).Del(ctx, gone).Err())
	s.must(s.client(master).Set(ctx, kept, "y", 0).Err())
	s.eventually("replicas that have it", func(ctx context.Context) error {
		for i := range s.pods {
			if s.client(i).Exists(ctx, kept).Val() != 1 || s.client(i).Exists(ctx, gone).Val() != 0 {
				return errors.New(s.pods[i])
			}
		}
		return nil
	})
	s.eventually("empty folders", func(context.Context) error {
		for i := range s.pods {
			if files := s.files(i); len(files) > 0 {
				return fmt.Errorf("%s: %v", s.pods[i], files)
			}
		}
		return nil
	})
	return master
}

// files are those in a server's folder.
func (s *stage) files(n int) (names []string) {
	entries, err := os.ReadDir(s.data[n])
	if err != nil {
		s.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (s *stage) hold(n int) {
	s.t.Helper()
	s.held[n] = must(s.Agent().Hold(embedded.Namespace, s.pods[n], "redis"))(s.t)
}

func (s *stage) let(n int) {
	if s.held[n] != nil {
		s.held[n]()
		s.held[n] = nil
	}
}

// kill ends processes without a warning, and returns when they have ended.
func (s *stage) kill(numbers ...int) {
	s.t.Helper()
	pids := map[int]int{}
	for _, n := range numbers {
		process := must(s.Agent().Process(embedded.Namespace, s.pods[n], "redis"))(s.t)
		if process.PID == 0 {
			continue // it has ended
		}
		pids[n] = process.PID
		if err := syscall.Kill(process.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			s.t.Fatal(err)
		}
	}
	for n, pid := range pids {
		s.eventually("the end of "+s.pods[n], func(context.Context) error {
			process, err := s.Agent().Process(embedded.Namespace, s.pods[n], "redis")
			if err == nil && process.PID == pid {
				err = errors.New("it runs")
			}
			return err
		})
	}
}

func (s *stage) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
