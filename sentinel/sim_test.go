package sentinel

import (
	"flag"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

var (
	simSchedules = flag.Int("sim.schedules", 2000, "how many schedules TestSim plays")
	simSeed      = flag.Uint64("sim.seed", 1, "the seed of the first schedule; the others follow")
	simStory     = flag.Bool("sim.story", false, "print the story of the first schedule")
	simProfile   = flag.String("sim.profile", "", "play schedules of this profile only")
)

// TestSim plays schedules of faults against the real Machine and checks the promises
// of doc.go in each. A schedule that breaks one is told with its seed, by which it can
// be played again: -sim.schedules=1 -sim.seed=SEED.
func TestSim(t *testing.T) {
	began := time.Now()
	c := campaign{first: *simSeed, schedules: *simSchedules, profile: *simProfile}
	c.run()
	for _, line := range c.figures(time.Since(began)) {
		t.Log(line)
	}
	if *simStory {
		t.Logf("\n%s", replay(*simSeed, "", *simProfile))
	}
	for _, f := range c.failures {
		t.Errorf("seed %d (%s) breaks %s: %s\nplay it again: -run 'TestSim$' -sim.schedules=1 -sim.seed=%d", f.seed, f.profile, f.promise, f.what, f.seed)
	}
	if len(c.failures) > 0 {
		t.Logf("the story of seed %d:\n%s", c.failures[0].seed, replay(c.failures[0].seed, "", *simProfile))
	}
}

// campaign is a number of schedules, played on all processors.
type campaign struct {
	first     uint64
	schedules int
	mutant    string
	profile   string
	stopAt    int // failures after which it ends; 0 for 10

	mu       sync.Mutex
	counts   map[string]int
	failures []failure
	played   int
	// worst and lasting are what each schedule wrote to the API server in its worst minute,
	// and in that of a state in which commands were refused and nothing changed.
	worst, lasting []int
}

type failure struct {
	violation
	seed    uint64
	profile string
}

func (c *campaign) run() {
	if c.stopAt == 0 {
		c.stopAt = 10
	}
	c.counts = map[string]int{}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // a schedule is garbage as a whole
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= int64(c.schedules) || !c.take(play(c.first+uint64(n), c.mutant, c.profile, false)) {
					return
				}
			}
		})
	}
	wg.Wait()
	slices.SortFunc(c.failures, func(a, b failure) int { return int(a.seed) - int(b.seed) })
}

// take adds one schedule; false when enough have failed.
func (c *campaign) take(s *sim) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.played++
	c.worst = append(c.worst, s.worstMinute(0))
	c.lasting = append(c.lasting, s.lasting...)
	for what, n := range s.counts {
		c.counts[what] += n
	}
	if s.broken != nil {
		c.failures = append(c.failures, failure{*s.broken, s.seed, s.profile.name})
	}
	return len(c.failures) < c.stopAt
}

func (c *campaign) figures(took time.Duration) []string {
	lines := []string{fmt.Sprintf("%d schedules in %s, %.0f a second", c.played, took.Round(time.Millisecond), float64(c.played)/took.Seconds())}
	for _, what := range slices.Sorted(maps.Keys(c.counts)) {
		lines = append(lines, fmt.Sprintf("%9d %s", c.counts[what], what))
	}
	return append(lines, "written in the worst minute: "+spread(c.worst), "and while commands were refused and nothing changed: "+spread(c.lasting))
}

func spread(counts []int) string {
	if len(counts) == 0 {
		return "none played"
	}
	slices.Sort(counts)
	return fmt.Sprintf("median %d, most %d, of %d schedules", counts[len(counts)/2], counts[len(counts)-1], len(counts))
}

// replay plays a schedule again and returns its story.
func replay(seed uint64, mutant, profile string) string {
	return play(seed, mutant, profile, true).story.String()
}

// noPanic is what no schedule may do, nor any mutant.
const noPanic = "no panic"

// liveWithin is how long everything may take to be well after all was healed.
const liveWithin = 60 * time.Second

// play plays one schedule. A panic in it is a failure like others, with its seed.
func play(seed uint64, mutant, only string, story bool) (s *sim) {
	s = newSim(seed)
	defer func() {
		if r := recover(); r != nil {
			s.violate(noPanic, "%v\n%s", r, debug.Stack())
		}
	}()
	if story {
		s.story = &strings.Builder{}
	}
	s.mutant = mutant
	s.profile = profiles[s.rng.IntN(len(profiles))]
	for _, p := range profiles {
		if p.name == only {
			s.profile = p
		}
	}
	s.setUp()
	s.run(12*time.Second, func() bool { return s.healthyOnce })
	end := s.planFaults()
	s.run(end, nil)
	s.heal()
	switch {
	case s.profile.refuses:
		s.last()
	case s.profile.blinds:
		s.lastBlind()
	}
	began := s.now
	s.run(began+liveWithin, func() bool { return s.well() == "" && s.lastAck > began })
	if why := s.well(); s.broken == nil && why != "" {
		s.violate("liveness", "%s after everything was healed: %s", liveWithin, why)
	}
	if s.broken == nil && s.lastAck <= began {
		s.violate("liveness", "no write was acknowledged")
	}
	if s.broken == nil {
		s.checkLosses()
	}
	s.count("profile " + s.profile.name)
	return s
}

// setUp makes the cluster of a schedule.
func (s *sim) setUp() {
	s.excusedWrites, s.named = map[int32]bool{}, map[string]bool{}
	s.config = Defaults()
	if s.profile.memoryOnly {
		s.declareMemoryOnly()
	}
	s.size = []int{2, 3, 3, 3, 5}[s.rng.IntN(5)]
	s.delay.usual, s.delay.most = 500*time.Microsecond, s.between(5*time.Millisecond, 300*time.Millisecond)
	s.reuse, s.restart = s.rng.Float64(), s.between(20*time.Millisecond, 2*time.Second)
	s.watchLag = []float64{0, 0.05, 0.3}[s.rng.IntN(3)]
	s.tell("seed %d, %s, %d pods", s.seed, s.profile.name, s.size)
	for n := range 2 + s.rng.IntN(2) {
		s.addService(n)
	}
	for ordinal := range s.size {
		s.addPod(ordinal, Addr{})
	}
	s.lead(s.rng.IntN(len(s.services)), 0)
	s.watchLease()
	for n := range 3 {
		s.addWriter(n)
	}
}

// well says what is still wrong, "" when nothing is.
func (s *sim) well() string {
	m := s.recordMaster()
	switch {
	case s.record.Phase != Stable:
		return "the record is in phase " + string(s.record.Phase)
	case m == nil || !m.writable():
		return "the record's master does not take writes"
	case len(s.pods) != s.size:
		return fmt.Sprintf("%d pods of %d", len(s.pods), s.size)
	}
	for _, p := range s.pods {
		if r := p.server; r == nil || !p.alive() || r != m && (r.role != RoleReplica || r.master != m.addr) {
			return p.Name + " does not follow the master"
		}
	}
	for _, v := range s.services {
		if !v.up || v.shown == nil || v.shown.Master.RunID != m.runID || v.shown.Master.SDown || v.shown.Epoch != s.record.Epoch {
			return v.name + " does not tell of the master"
		}
	}
	return ""
}
