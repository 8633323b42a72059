package acl

import (
	"sync"
	"time"
)

const (
	logLength = 128         // entries are kept, as by Redis's acllog-max-len
	logMerge  = time.Minute // and equal ones within this time are counted as one
)

// Why something was refused.
const (
	ReasonCommand = "command"
	ReasonChannel = "channel"
	ReasonAuth    = "auth"
)

// Refusal is one entry of the log.
type Refusal struct {
	Count  int
	Reason string
	Object string // the command, the channel, or AUTH or HELLO
	User   string
	At     time.Time
	Client string // as in CLIENT LIST
}

// Log keeps the last refusals, newest first. The zero Log is ready; it is safe from
// any goroutine.
type Log struct {
	mu      sync.Mutex
	entries []Refusal
}

// Add notes a refusal; its Count is not looked at.
func (l *Log) Add(r Refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.Count = 1
	for i, known := range l.entries {
		if known.Reason == r.Reason && known.Object == r.Object && known.User == r.User && r.At.Sub(known.At) <= logMerge {
			r.Count = known.Count + 1
			l.entries = append(l.entries[:i], l.entries[i+1:]...)
			break
		}
	}
	l.entries = append([]Refusal{r}, l.entries[:min(len(l.entries), logLength-1)]...)
}

// Last returns up to n entries.
func (l *Log) Last(n int) []Refusal {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Refusal{}, l.entries[:max(0, min(n, len(l.entries)))]...)
}

// Reset forgets all.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}
