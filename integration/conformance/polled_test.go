package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	goredis "github.com/redis/go-redis/v9"
)

// polled is what one replica of the service said in one pipeline.
type polled struct {
	asked  string // get-master-addr-by-name
	master map[string]string
	info   string // the line master0: of INFO
}

// poll asks one replica of the service without a pause until ctx ends, and checks each
// answer as it comes.
func poll(ctx context.Context, addr string, check func(polled)) error {
	client := goredis.NewClient(&goredis.Options{Addr: addr, MaxRetries: -1, DisableIdentity: true})
	defer func() { _ = client.Close() }()
	for ctx.Err() == nil {
		pipe := client.Pipeline()
		asked := pipe.Do(ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mymaster")
		master := goredis.NewMapStringStringCmd(ctx, "SENTINEL", "MASTER", "mymaster")
		_ = pipe.Process(ctx, master)
		info := pipe.Info(ctx, "sentinel")
		if _, err := pipe.Exec(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("%s: %w", addr, err)
		}
		pair, _ := asked.StringSlice()
		_, line, _ := strings.Cut(info.Val(), "master0:")
		check(polled{strings.Join(pair, ":"), master.Val(), strings.TrimSpace(line)})
	}
	return nil
}

// witness watches what one replica of the service says while its master moves.
type witness struct {
	t       *testing.T
	name    string
	moves   int
	last    polled
	answers atomic.Int64
}

// check holds the rules of one answer: all three agree once the first has moved, the
// master moves once, and the process at the address is a master.
func (w *witness) check(p polled) {
	defer w.answers.Add(1)
	told := p.master["ip"] + ":" + p.master["port"]
	if w.last.asked != "" && p.asked != w.last.asked {
		w.moves++
		if role := roleAt(w.t, p.asked); role != "master" {
			w.t.Errorf("%s names %s, which is a %s", w.name, p.asked, role)
		}
	}
	// Each of the three takes its own snapshot, so a move may lie between two of them.
	if told != p.asked && p.asked != w.last.asked {
		w.t.Errorf("%s names %s first, %s after it", w.name, p.asked, told)
	}
	if !strings.Contains(p.info, "address="+told+",") && w.last.asked != p.asked {
		w.t.Errorf("%s has %s in MASTER, then in INFO %s", w.name, told, p.info)
	}
	state, failing := p.master["failover-state"]
	if failing != strings.Contains(p.master["flags"], "failover_in_progress") {
		w.t.Errorf("%s: flags %s with failover-state %q", w.name, p.master["flags"], state)
	}
	if _, down := p.master["s-down-time"]; down != strings.Contains(p.master["flags"], "s_down") {
		w.t.Errorf("%s: flags %s with s-down-time %q", w.name, p.master["flags"], p.master["s-down-time"])
	}
	w.last = p
}

func roleAt(t *testing.T, addr string) string {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: addr, MaxRetries: -1, DisableIdentity: true})
	defer func() { _ = client.Close() }()
	role, err := client.Do(context.Background(), "ROLE").Slice()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(role[0])
}

// TestPolledState asks all replicas of the service all the time while their master is
// switched and while it crashes.
func TestPolledState(t *testing.T) {
	needReal(t)
	s := serviceStage(t)
	for _, story := range stories {
		if story.until == "" {
			continue
		}
		t.Run(story.name, func(t *testing.T) {
			s.settle(s.healthy()...)
			s.begin()
			before := s.master()
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			var witnesses []*witness
			for n := range storySentinels {
				w := &witness{t: t, name: s.at(n)}
				witnesses = append(witnesses, w)
				running.Go(func() {
					if err := poll(ctx, w.name, w.check); err != nil {
						t.Error(err)
					}
				})
			}
			until(t, "all have answered once", func(context.Context) bool {
				return !slices.ContainsFunc(witnesses, func(w *witness) bool { return w.answers.Load() == 0 })
			})
			story.play(s)
			for _, w := range witnesses { // one pipeline may still be under way
				heard := w.answers.Load()
				until(t, w.name+" has answered since", func(context.Context) bool { return w.answers.Load() >= heard+2 })
			}
			cancel()
			running.Wait()
			for _, w := range witnesses {
				if w.moves != 1 || w.last.asked == before.Addr() {
					t.Errorf("%s moved %d times, from %s to %s", w.name, w.moves, before.Addr(), w.last.asked)
				}
				t.Logf("%s: %d answers", w.name, w.answers.Load())
			}
		})
	}
}
