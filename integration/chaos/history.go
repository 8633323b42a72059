package chaos

import (
	"sync"
	"time"
)

// Moments are durations since the run began, of the monotonic clock.
type (
	// Ack is one acknowledged write.
	Ack struct {
		Set, Writer  int
		Seq          int
		Process      string // run id of the Redis that acknowledged
		Began, Ended time.Duration
	}
	// Commit is one state of a set's record, when it was written.
	Commit struct {
		Set            int
		Epoch          uint64
		Phase          string
		Master, Target string // run ids
		At             time.Duration
	}
	// Answer is what one process of the service said of one set.
	Answer struct {
		Replica string
		Set     int
		Addr    string
		Epoch   uint64
		At      time.Duration
	}
	// News is one +switch-master, and what the same replica answered right after it.
	News struct {
		Replica        string
		Set            int
		Old, New, Told string
		At             time.Duration
	}
	// Sample is what one Redis held.
	Sample struct {
		Set       int
		Process   string
		Role      string // master, or replica with its link up; others hold nothing
		Has, Want int    // preloaded keys
		At        time.Duration
	}
	// Size is how large one process of the service was.
	Size struct {
		Replica           string
		Goroutines, Files int
		At                time.Duration
	}
	// Outcome is how one step ended.
	Outcome struct {
		Number        int
		Step          Step
		Began, Undone time.Duration // Undone: nothing is broken by us any more
		Healed        time.Duration // 0: never
		Trouble       string        // why it did not heal
		Note          string        // what to know of its beginning
		Starved       time.Duration // in which this program was not run: the gaps tell of that
		Deaths        []Death       // of leaders, as the step had asked for
		Succeeded     bool          // another replica of the service leads now
		Sets          []SetOutcome
	}
	// SetOutcome is what a step did to one set.
	SetOutcome struct {
		Concerned bool // a fault was aimed at it, or at all sets
		MayLose   bool // its master was hurt
		MayEmpty  bool // all its processes were
		Acked     int  // writes since the step before
		Lost      int  // of these
		Back      int  // deleted keys that are there again
		Gap       time.Duration
	}
)

// History is everything that was seen.
type History struct {
	start time.Time

	mu       sync.Mutex
	Acks     []Ack
	Commits  []Commit
	Answers  []Answer
	News     []News
	Samples  []Sample
	Sizes    []Size
	Writes   []Write
	Outcomes []Outcome
	Hiccups  []Hiccup
	Misses   int // reads that found no preloaded key
	Reads    int
}

// Hiccup is a time in which this very program was not run.
type Hiccup struct{ At, Long time.Duration }

// NewHistory begins one.
func NewHistory() *History { return &History{start: time.Now()} }

// Now is the moment.
func (h *History) Now() time.Duration { return time.Since(h.start) }

// At is the moment of a wall clock time of this machine.
func (h *History) At(t time.Time) time.Duration { return t.Round(0).Sub(h.start.Round(0)) }

// Record adds what do appends.
func (h *History) Record(do func(h *History)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	do(h)
}

// Gap is the longest time without an acknowledged write to a set in a span.
func (h *History) Gap(set int, from, to time.Duration) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	last, longest := from, time.Duration(0)
	for i := range h.Acks {
		a := &h.Acks[i]
		if a.Set != set || a.Ended < from || a.Ended > to {
			continue
		}
		longest = max(longest, a.Ended-last)
		last = a.Ended
	}
	return max(longest, to-last)
}

// Starved is the longest time in a span in which this program was not run.
func (h *History) Starved(from, to time.Duration) time.Duration {
	var longest time.Duration
	for _, s := range h.Hiccups {
		if s.At >= from && s.At-s.Long <= to {
			longest = max(longest, s.Long)
		}
	}
	return longest
}

// tried is how often a kind of fault was applied.
type tried struct{ alone, beside int }

// tried counts the kinds, alone and beside another one.
func (h *History) tried() map[Kind]tried {
	counts := map[Kind]tried{}
	for _, o := range h.Outcomes {
		for _, f := range o.Step {
			c := counts[f.Kind]
			if len(o.Step) == 1 {
				c.alone++
			} else {
				c.beside++
			}
			counts[f.Kind] = c
		}
	}
	return counts
}

// ends is what came of a kind with a leader's end.
type ends struct {
	tried
	met   int // steps in which the leader ended there
	other int // of these, in which another replica of the service led on
}

func (h *History) deaths() map[Kind]ends {
	all := map[Kind]ends{}
	for kind, n := range h.tried() {
		if _, dies := deaths[kind]; dies {
			all[kind] = ends{tried: n}
		}
	}
	for _, o := range h.Outcomes {
		for _, f := range o.Step {
			if e, dies := all[f.Kind]; dies && o.died(f) {
				e.met++
				if o.Succeeded {
					e.other++
				}
				all[f.Kind] = e
			}
		}
	}
	return all
}
