package monitor_test

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	simSchedules = flag.Int("sim.schedules", 150, "how many schedules TestSim plays")
	simSeed      = flag.Uint64("sim.seed", 1, "the seed of the first schedule; the others follow")
	simStory     = flag.Bool("sim.story", false, "print the story of the first schedule")
	simProfile   = flag.String("sim.profile", "", "play schedules of this profile only")
)

// TestSim plays schedules of faults with real Monitors and checks the promises of
// sentinel/doc.go in each. A schedule that breaks one is told with its seed, by which its
// plan can be played again: -sim.schedules=1 -sim.seed=SEED. See world for what else
// belongs to a schedule.
func TestSim(t *testing.T) {
	began := time.Now()
	c := campaign{first: *simSeed, schedules: *simSchedules, profile: *simProfile, stopAt: 10}
	c.run(t)
	for _, line := range c.figures(time.Since(began)) {
		t.Log(line)
	}
	if *simStory && c.opening != nil {
		t.Logf("\n%s", c.opening.story.String())
	}
	for _, w := range c.failures {
		t.Errorf("seed %d (%s) breaks %s: %s\nplay it again: -run 'TestSim$' -sim.schedules=1 -sim.seed=%d\n%s",
			w.seed, w.plan.name, w.broken.promise, w.broken.what, w.seed, w.story.String())
	}
	if c.played == 0 {
		t.Error("no schedule was played")
	}
}

// campaign is a number of schedules, played on all processors.
type campaign struct {
	first     uint64
	schedules int
	mutant    string
	profile   string
	stopAt    int // failures after which it ends

	mu       sync.Mutex
	counts   map[string]int
	opening  *world
	failures []*world
	played   int
	lasting  []int // written in a minute in which commands were refused and nothing changed
}

func (c *campaign) run(t *testing.T) {
	t.Helper()
	c.counts = map[string]int{}
	var next atomic.Int64
	t.Run("schedules", func(t *testing.T) {
		for n := range runtime.GOMAXPROCS(0) {
			t.Run(fmt.Sprint(n), func(t *testing.T) {
				t.Parallel()
				for i := next.Add(1) - 1; i < int64(c.schedules); i = next.Add(1) - 1 {
					if !c.take(play(t, c.first+uint64(i), c.mutant, c.profile)) {
						return
					}
				}
			})
		}
	})
	slices.SortFunc(c.failures, func(a, b *world) int { return int(a.seed) - int(b.seed) })
}

// take adds one schedule; false when enough have failed.
func (c *campaign) take(w *world) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.played++
	c.lasting = append(c.lasting, w.lasting...)
	for what, n := range w.counts {
		c.counts[what] += n
	}
	if w.seed == c.first {
		c.opening = w
	}
	if w.broken != nil {
		c.failures = append(c.failures, w)
	}
	return len(c.failures) < c.stopAt
}

func (c *campaign) figures(took time.Duration) []string {
	lines := []string{fmt.Sprintf("%d schedules in %s, %.1f a second", c.played, took.Round(time.Millisecond), float64(c.played)/took.Seconds())}
	for _, what := range slices.Sorted(maps.Keys(c.counts)) {
		lines = append(lines, fmt.Sprintf("%9d %s", c.counts[what], what))
	}
	if n := len(c.lasting); n > 0 {
		slices.Sort(c.lasting)
		lines = append(lines, fmt.Sprintf("written in a minute while commands were refused and nothing changed: median %d, most %d, of %d schedules", c.lasting[n/2], c.lasting[n-1], n))
	}
	return lines
}
