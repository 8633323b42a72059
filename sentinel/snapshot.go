package sentinel

import (
	"slices"
	"time"
)

// Snapshot is what one Redis process said about itself in one atomic reading
// (MULTI, INFO sections, EXEC).
type Snapshot struct {
	RunID   string
	Version string
	Role    Role

	// ReplID and ReplID2 name the lineage of the data, Offset the position in it.
	// Offsets of different lineages must not be compared. SecondOffset is the first that
	// is not under ReplID2 any more (second_repl_offset), -1 without one.
	ReplID       string
	ReplID2      string
	Offset       int64
	SecondOffset int64

	// The following describe a replica.
	MasterAddr     Addr // Nowhere when fenced
	LinkUp         bool
	LinkDownFor    time.Duration // 0 while the link is up or was never up
	LinkWasUp      bool          // the link is down, and was up since the process started or was master
	LastIO         time.Duration // since the master said anything; whole seconds, only while the link is up
	SyncInProgress bool
	ReplicaOffset  int64 // slave_repl_offset
	Priority       int   // replica-priority; 0 = never promote
	Announced      bool  // replica-announced

	// Resident is the memory that the process takes (used_memory_rss), CopyOnWrite what a
	// child of it, which writes a copy of the data, has for itself beside that
	// (current_cow_size), both in bytes. FullSyncs are the full syncs that it has begun to
	// give since it started (sync_full). A reading between two orders leaves Resident and
	// FullSyncs out; then Resident is 0.
	Resident    int64
	CopyOnWrite int64
	FullSyncs   int64

	Loading bool
	Keys    int64
	Info    string // the INFO text, for SENTINEL INFO-CACHE

	// NeedsReplicas: it refuses writes without replicas (min-replicas-to-write above 0).
	NeedsReplicas bool
	// Attached are the replicas that a master lists; none on a replica without any.
	Attached []Attached
}

// Attached is a replica as its master lists it (slave0:ip=...,state=online,lag=1).
type Attached struct {
	Addr   Addr
	Online bool
	// Acked is the place in the stream that it acknowledged last, 0 while it never did, as
	// redis-cli --replica and the second connection of a full sync (repl-rdb-channel) never do.
	Acked int64
	// Lag is the age of its last acknowledgement in whole seconds; a replica that
	// lags more than min-replicas-max-lag does not count for min-replicas-to-write.
	Lag time.Duration
}

// Good counts the attached replicas that min-replicas-to-write counts.
func (s Snapshot) Good(maxLag time.Duration) int {
	n := 0
	for _, a := range s.Attached {
		if a.Online && a.Lag <= maxLag {
			n++
		}
	}
	return n
}

// Fenced tells that this process follows nobody on purpose.
func (s Snapshot) Fenced() bool { return s.Role == RoleReplica && s.MasterAddr == Nowhere }

// LinkedTo tells that a replica has a connection to the master at one of these addresses, be it
// in the middle of a full sync. While it loads what came it does not notice the end of one.
func (s Snapshot) LinkedTo(addrs ...Addr) bool {
	return s.Role == RoleReplica && slices.Contains(addrs, s.MasterAddr) && !s.Loading && (s.LinkUp || s.SyncInProgress)
}

// Lineage names a data set and a position in it.
type Lineage struct {
	ReplID  string `json:"replid"`
	ReplID2 string `json:"replid2,omitempty"`
	Offset  int64  `json:"offset"`
	// Common: what lies before this offset is the same under both ids, 0 if that is not
	// known. A promotion only changes the id of what a process has.
	Common int64 `json:"common,omitempty"`
}

// Lineage of the process's own data.
func (s Snapshot) Lineage() Lineage {
	l := Lineage{ReplID: s.ReplID, ReplID2: s.ReplID2, Offset: s.Offset}
	if l.ReplID2 != "" {
		l.Common = max(0, s.SecondOffset)
	}
	return l
}

// alone: it was promoted with an empty stream, and had no replica since.
func (l Lineage) alone() bool { return l.Offset == 0 && l.Common > 0 }

// name is the id under which data of another id counts for this lineage.
func (l Lineage) name(replID string, offset int64) string {
	if replID != "" && replID == l.ReplID2 && offset < l.Common {
		return l.ReplID
	}
	return replID
}
