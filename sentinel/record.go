package sentinel

import "time"

// Record is the one decision about a master, kept in a Lease and changed only by
// compare-and-swap. Everything else (labels, replies, events) is derived from it.
type Record struct {
	Stored
	// Seq counts the writes, so that an older copy is known when it comes late.
	Seq uint64 `json:"seq"`
	// Epoch counts the masters that were chosen; it is Sentinel's config-epoch
	// and the Lease's leaseTransitions. It never falls.
	Epoch uint64 `json:"-"`
	// Term is the term of the leader that wrote the record.
	Term  uint64 `json:"term"`
	Phase Phase  `json:"phase"`
	// Owner is the StatefulSet whose set this is; zero where none is known, and in records
	// of format 2.
	Owner Owner `json:"owner,omitzero"`
	// Master is the process that serves, or served until the failover under way.
	Master Process `json:"master"`
	// Target is the process to be promoted; set in Switching and Promoting.
	Target Process `json:"target,omitzero"`
	// Former is the master before this one: its clients are to be cut when it
	// follows, so that those who hear no events look for the new master.
	Former Process `json:"former,omitzero"`
	// Fence is the min-replicas-to-write that Master is known to have been told, and
	// TargetFence the one that Target is told with its promotion.
	Fence       int `json:"fence"`
	TargetFence int `json:"targetFence,omitempty"`
	// FenceMaxLag and TargetFenceMaxLag are the min-replicas-max-lag that goes with each, in
	// seconds: Master has no longer one. 0 where that is not known.
	FenceMaxLag       int `json:"fenceMaxLag,omitempty"`
	TargetFenceMaxLag int `json:"targetFenceMaxLag,omitempty"`
	// Lineage is the master's data as of the record's last write.
	Lineage Lineage `json:"lineage"`
	// Reason is why the record was last changed, for a person.
	Reason string `json:"reason,omitempty"`
	// Since is when it was last changed.
	Since time.Time `json:"since,omitzero"`
	// Decision is the last choice of a master with all its candidates.
	Decision *Decision `json:"decision,omitempty"`
	// Refusal is why nobody is promoted now though somebody should be; nil when there
	// is nothing to refuse.
	Refusal *Refusal `json:"refusal,omitempty"`
	// Requested is a failover that a client asked for and nobody began yet.
	Requested *Request `json:"requested,omitempty"`
	// Settled is the person's decision that was met last, or was not needed: it is not met again.
	Settled ByHand `json:"settled,omitzero"`
	// Overrides are the options that SENTINEL SET changed, under its names.
	Overrides map[string]string `json:"overrides,omitempty"`
	// Sets counts the SENTINEL SETs, and LastSet is the last one: subscribers of
	// every replica hear of it.
	Sets    uint64    `json:"sets,omitempty"`
	LastSet []Setting `json:"lastSet,omitempty"`
	// Removed: SENTINEL REMOVE was asked for. Nobody is told of this master and
	// nothing is done for it until its label changes or a SENTINEL RESET.
	Removed bool `json:"removed,omitempty"`
	// Resets counts the SENTINEL RESETs.
	Resets uint64 `json:"resets,omitempty"`
}

// name makes a process the target, with the write fence that it is told when it is promoted.
func (r *Record) name(target Process, fence int, maxLag time.Duration) {
	r.Target, r.TargetFence, r.TargetFenceMaxLag = target, fence, wholeSeconds(maxLag)
}

func (r *Record) dropTarget() { r.name(Process{}, 0, 0) }

func wholeSeconds(d time.Duration) int { return int(d / time.Second) }

// Exists tells whether there is a record at all.
func (r Record) Exists() bool { return r.Phase != NoRecord }

// Phase is where the record stands:
//
//	(none) --create--> Promoting --> Stable <--> Switching
//	                       ^            |            |
//	                       +--Failing <-+------------+
type Phase string

// The phases.
const (
	NoRecord  Phase = ""
	Stable    Phase = "Stable"    // Master serves
	Switching Phase = "Switching" // Master hands over to Target, nothing lost
	Failing   Phase = "Failing"   // Master is silent and is being fenced
	Promoting Phase = "Promoting" // Master is gone or fenced, Target is to serve
)

// Decision says who was chosen, by which rule, out of whom.
type Decision struct {
	Chosen string `json:"chosen"`
	Rule   string `json:"rule"`
	// Reason is what a master was chosen for. The record's own is that of its last write.
	Reason     string      `json:"reason,omitempty"`
	Candidates []Candidate `json:"candidates"`
	// Omitted counts the candidates that the record has no room for.
	Omitted int `json:"omitted,omitempty"`
}

// Refusal is a reason not to promote anybody.
type Refusal struct {
	Reason   string    `json:"reason"`
	Message  string    `json:"message"`
	At       time.Time `json:"at,omitzero"`
	Decision *Decision `json:"decision,omitempty"`
}

// Candidate is one instance as the choice saw it.
type Candidate struct {
	Pod      string `json:"pod"`
	Offset   int64  `json:"offset"`
	ReplID   string `json:"replid,omitempty"`
	Priority int    `json:"priority"`
	Node     string `json:"node,omitempty"`
	Zone     string `json:"zone,omitempty"`
	RunID    string `json:"runID,omitempty"`
	// Refused says why it could not be chosen; empty for an eligible one.
	Refused string `json:"refused,omitempty"`
}

// Request is a failover that a person or program asked for.
type Request struct {
	By string    `json:"by"`
	At time.Time `json:"at,omitzero"`
}
