package monitor_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"time"
)

// setName is the one master of a world.
const setName = "mymaster"

// world is one schedule: modelled Redis processes, an API server and clients around
// real Monitors, in the virtual time of a synctest bubble. Everything modelled is held
// by one lock and moved by timers; only the Monitors have goroutines of their own.
//
// The plan (the set, the faults, their times and the moments they wait for) comes from
// the seed alone. The interleaving of goroutines at one instant does not: the scheduler
// draws it anew each time, and with it which of the latencies falls to whom. A seed
// that failed therefore fails again often, not always; so the story is always kept.
type world struct {
	mu     sync.Mutex
	seed   uint64
	dice   dice // for what is not planned
	began  time.Time
	over   bool
	ending sync.WaitGroup // Monitors that are being closed, and clients' requests

	plan   plan
	mutant string // the guard that is left out; "" for none
	story  strings.Builder
	counts map[string]int
	broken *violation

	network
	redisSet
	nodes
	history
	loss lossSeen
	api
	refusals
	services []*service // by seat
	writers  []*writer
	traps    []trap
	term     uint64
	leader   int  // the seat of the one that leads; -1 before the first
	marked   bool // its Lease says that it reaches no Redis
	healed   bool
	names    int // for run ids, replication ids, UIDs and addresses
}

func newWorld(seed uint64, mutant, profile string) *world {
	return &world{
		seed: seed, dice: newDice(seed, 0), began: time.Now(), plan: newPlan(seed, profile),
		mutant: mutant, counts: map[string]int{}, leader: -1,
	}
}

// after lets something happen later, with the lock held.
func (w *world) after(d time.Duration, do func()) {
	time.AfterFunc(max(0, d), func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.over {
			do()
		}
	})
}

// now is the time since the schedule began.
func (w *world) now() time.Duration { return time.Since(w.began) }

// second is the wall clock as Redis counts lags by it.
func (w *world) second() int64 { return time.Now().Unix() }

func (w *world) name(prefix string) string {
	w.names++
	return fmt.Sprintf("%s%d", prefix, w.names)
}

func (w *world) count(what string) { w.counts[what]++ }

// tell writes a line of the story.
func (w *world) tell(format string, args ...any) {
	fmt.Fprintf(&w.story, "%9.4f  %s\n", w.now().Seconds(), fmt.Sprintf(format, args...))
}

// locked looks at the world from a goroutine that does not hold it.
func locked[T any](w *world, look func() T) T {
	w.mu.Lock()
	defer w.mu.Unlock()
	return look()
}

// until lets time pass until done, or for at most d; it tells which.
func (w *world) until(d time.Duration, done func() bool) bool {
	const step = 50 * time.Millisecond
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(step) {
		if locked(w, func() bool { return w.broken != nil || done() }) {
			return true
		}
	}
	return false
}

// dice draws; each user of it has a stream of its own.
type dice struct{ *rand.Rand }

func newDice(seed, stream uint64) dice { return dice{rand.New(rand.NewPCG(seed, stream))} }

// chance is true in this share of cases.
func (d dice) chance(p float64) bool { return d.Float64() < p }

// between draws a duration, small ones as likely as large ones.
func (d dice) between(least, most time.Duration) time.Duration {
	return least + time.Duration(d.Int64N(int64(most-least)+1))
}

// rarely draws a usual duration, and once in a while one up to most.
func (d dice) rarely(p float64, usual, most time.Duration) time.Duration {
	if d.chance(p) {
		return d.between(usual, most)
	}
	return d.between(usual/10, usual)
}
