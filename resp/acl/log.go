package acl

import (
	"sync"
	"time"
)

const (
	logLength = 128         // entries are kept, as by Redis's acllog-max-len
	logShare  = 32          // of them for one user, and for all names together that are no user's
	logMerge  = time.Minute // equal ones within this time are counted as one
	logText   = 128         // bytes of a name that is kept
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
	// Invented tells that there is no such user.
	Invented bool
	At       time.Time
	Client   string // as in CLIENT LIST
}

// Log keeps the last refusals, newest first, and counts all. Nobody can push what others
// did out of it: each user has a share, and so have all together who give names that
// there are not. The zero Log is ready; it is safe from any goroutine.
type Log struct {
	mu      sync.Mutex
	entries []Refusal
	counts  map[string]uint64
}

// Add notes a refusal; its Count is not looked at.
func (l *Log) Add(r Refusal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.counts == nil {
		l.counts = map[string]uint64{}
	}
	l.counts[r.Reason]++
	r.Object, r.User, r.Count = bounded(r.Object), bounded(r.User), 1
	for i, known := range l.entries {
		if known.equals(r) && r.At.Sub(known.At) <= logMerge {
			r.Count = known.Count + 1
			l.drop(i)
			break
		}
	}
	l.makeRoom(r)
	l.entries = append([]Refusal{r}, l.entries...)
}

func (r Refusal) equals(other Refusal) bool {
	return r.Reason == other.Reason && r.Object == other.Object && r.User == other.User
}

// makeRoom drops the oldest entry of whose share is full, or else the oldest of all.
func (l *Log) makeRoom(r Refusal) {
	oldest, own := len(l.entries)-1, 0
	for i, known := range l.entries {
		if known.Invented != r.Invented || known.User != r.User && !r.Invented {
			continue
		}
		if own++; own == logShare {
			oldest = i
		}
	}
	if own >= logShare || len(l.entries) == logLength {
		l.drop(oldest)
	}
}

func (l *Log) drop(i int) { l.entries = append(l.entries[:i], l.entries[i+1:]...) }

// Count is how often something was refused for a reason. Reset leaves it alone.
func (l *Log) Count(reason string) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.counts[reason]
}

// Last returns up to n entries.
func (l *Log) Last(n int) []Refusal {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]Refusal{}, l.entries[:max(0, min(n, len(l.entries)))]...)
}

// Reset forgets all entries.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

func bounded(text string) string { return text[:min(len(text), logText)] }
