package acl

import (
	"sync"
	"time"
)

// LongestWait for the answer to a failed login: clients give up after one to three seconds.
const LongestWait = time.Second

const (
	failuresFree   = 5 // a minute cost nothing: a person mistypes, a client holds the former password
	failuresFirst  = 50 * time.Millisecond
	failuresForget = time.Minute
	failuresMost   = 1024 // sources are known at a time
)

// Failures are the failed logins of the last minute by source. The zero Failures is
// ready; it is safe from any goroutine.
type Failures struct {
	mu      sync.Mutex
	sources map[string]failed
}

type failed struct {
	times int
	last  time.Time
}

// Add notes one and returns how long its answer is to be held back: nothing for the first
// few, then twice as long each time, up to LongestWait.
func (f *Failures) Add(source string, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sources == nil {
		f.sources = map[string]failed{}
	}
	known, ok := f.sources[source]
	if ok && now.Sub(known.last) > failuresForget {
		known = failed{}
	}
	if !ok && len(f.sources) >= failuresMost {
		f.makeRoom(now)
	}
	known.times++
	known.last = now
	f.sources[source] = known
	over := known.times - failuresFree - 1
	switch {
	case over < 0:
		return 0
	case over > 10:
		return LongestWait
	}
	return min(failuresFirst<<over, LongestWait)
}

// makeRoom forgets what is over, and if that is nothing whoever failed longest ago.
func (f *Failures) makeRoom(now time.Time) {
	oldest, at := "", now
	for source, known := range f.sources {
		if now.Sub(known.last) > failuresForget {
			delete(f.sources, source)
			continue
		}
		if !known.last.After(at) {
			oldest, at = source, known.last
		}
	}
	if len(f.sources) >= failuresMost {
		delete(f.sources, oldest)
	}
}
