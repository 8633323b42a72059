package load

import "time"

// Kind is a kind of client.
type Kind string

// The kinds of clients.
const (
	Sentinel  Kind = "sentinel"  // a Sentinel client that writes
	Plain     Kind = "plain"     // a client that knows one address, and writes
	Asker     Kind = "asker"     // connects to a Sentinel, asks for the master, and closes
	Registers Kind = "registers" // a Sentinel client that reads and writes few keys, and keeps the history
)

// Plan is what a load is to do.
type Plan struct {
	Name    string // also the beginning of its keys
	Kind    Kind
	Address string // host:port, of a Sentinel or of a Redis
	Master  string // the master's name, for those who speak with a Sentinel
	Workers int    // connections that work at once
	Pause   time.Duration
}

// Progress is how many operations of a load have succeeded and failed so far.
type Progress struct{ Done, Failed int }

// Report is what a load has seen, on the clock of the computer.
type Report struct {
	Done   int            // operations that succeeded
	Errors map[string]int // by their text
	Lost   int            // acknowledged writes that the master does not have
	// Gaps are the longest times between two successes, each from the first one's moment.
	Gaps    []Gap
	History []Operation // of Registers
}

// Gap is a time without a success.
type Gap struct {
	From time.Time
	For  time.Duration
}

// Longest is the longest gap that was still open at a moment or began after it.
func (r Report) Longest(since time.Time) Gap {
	var longest Gap
	for _, gap := range r.Gaps {
		if gap.From.Add(gap.For).After(since) && gap.For > longest.For {
			longest = gap
		}
	}
	return longest
}

// Failures is how many operations did not succeed.
func (r Report) Failures() (n int) {
	for _, each := range r.Errors {
		n += each
	}
	return n
}

// Operation is a read or a write of one key by one worker.
type Operation struct {
	Worker int
	Key    string
	Write  bool
	Value  string // written or read; empty where there is none
	// Called and Returned are nanoseconds since the beginning of the load.
	Called, Returned int64
	// Unknown is a write that failed: it may have happened, or may still.
	Unknown bool
}
