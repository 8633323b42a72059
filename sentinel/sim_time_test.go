package sentinel

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// sim is one schedule of the simulation: modelled Redis processes, an API server and
// clients around real Machines, in virtual time. It runs in one goroutine and is
// decided by its seed alone, so that whatever it finds can be played again.
type sim struct {
	seed    uint64
	rng     *rand.Rand
	now     time.Duration // since simEpoch
	events  []event
	nextSeq uint64

	profile profile
	mutant  string // the fence that is left out; "" for none
	story   *strings.Builder
	counts  map[string]int
	broken  *violation

	network
	cluster
	nodes
	history
	loss lossSeen
	api
	refusals
	unplaced
	services []*service
	writers  []*writer
	traps    []trap
	term     uint64
	leader   int
	marked   bool          // the leader's Lease says that it reaches no Redis
	ledAt    time.Duration // since when there is this leader
	healed   bool
	names    int // for run ids, replication ids, UIDs and addresses
}

var simEpoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newSim(seed uint64) *sim {
	return &sim{seed: seed, rng: rand.New(rand.NewPCG(seed, 0x5e471e1)), counts: map[string]int{}, leader: -1}
}

// event is something that happens at a time; those of one time in their order.
type event struct {
	at  time.Duration
	seq uint64
	do  func()
}

func (e event) before(f event) bool { return e.at < f.at || e.at == f.at && e.seq < f.seq }

// after lets something happen later.
func (s *sim) after(d time.Duration, do func()) { s.at(s.now+max(0, d), do) }

func (s *sim) at(t time.Duration, do func()) {
	s.nextSeq++
	s.events = append(s.events, event{max(t, s.now), s.nextSeq, do})
	for i := len(s.events) - 1; i > 0; {
		parent := (i - 1) / 2
		if !s.events[i].before(s.events[parent]) {
			break
		}
		s.events[i], s.events[parent] = s.events[parent], s.events[i]
		i = parent
	}
}

// next takes the earliest event off the heap.
func (s *sim) next() event {
	first, last := s.events[0], len(s.events)-1
	s.events[0] = s.events[last]
	s.events[last] = event{}
	s.events = s.events[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if s.events[child].before(s.events[least]) {
				least = child
			}
		}
		if least == i {
			return first
		}
		s.events[i], s.events[least] = s.events[least], s.events[i]
		i = least
	}
}

// run lets time pass until then, until a promise is broken or until done says so.
func (s *sim) run(then time.Duration, done func() bool) {
	for len(s.events) > 0 && s.events[0].at <= then && s.broken == nil {
		e := s.next()
		s.now = e.at
		e.do()
		if done != nil && done() {
			return
		}
	}
	s.now = max(s.now, then)
}

// clock is the time as a Machine is told it.
func (s *sim) clock() time.Time { return simEpoch.Add(s.now) }

// chance is true in this share of cases.
func (s *sim) chance(p float64) bool { return s.rng.Float64() < p }

// between draws a duration, small ones as likely as large ones.
func (s *sim) between(least, most time.Duration) time.Duration {
	return least + time.Duration(s.rng.Int64N(int64(most-least)+1))
}

// rarely draws a usual duration, and once in a while one up to most.
func (s *sim) rarely(p float64, usual, most time.Duration) time.Duration {
	if s.chance(p) {
		return s.between(usual, most)
	}
	return s.between(usual/10, usual)
}

func (s *sim) name(prefix string) string {
	s.names++
	return fmt.Sprintf("%s%d", prefix, s.names)
}

func (s *sim) count(what string) { s.counts[what]++ }

// tell writes a line of the story, which is kept only when a schedule is replayed.
func (s *sim) tell(format string, args ...any) {
	if s.story != nil {
		fmt.Fprintf(s.story, "%9.4f  %s\n", s.now.Seconds(), fmt.Sprintf(format, args...))
	}
}
