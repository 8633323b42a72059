package sentinel

import "time"

// Snapshot is what one Redis process said about itself in one atomic reading
// (MULTI, INFO sections, ROLE, EXEC).
type Snapshot struct {
	RunID   string
	Version string
	Role    Role

	// ReplID and ReplID2 name the lineage of the data, Offset the position in it.
	// Offsets of different lineages must not be compared.
	ReplID       string
	ReplID2      string
	Offset       int64
	SecondOffset int64

	// The following describe a replica.
	MasterAddr     Addr // Nowhere when fenced
	LinkUp         bool
	LinkDownFor    time.Duration // 0 while the link is up or was never up
	SyncInProgress bool
	ReplicaOffset  int64 // slave_repl_offset
	Priority       int   // replica-priority; 0 = never promote
	Announced      bool  // replica-announced

	Loading  bool
	Keys     int64
	Attached int    // connected_slaves
	Info     string // the INFO text, for SENTINEL INFO-CACHE
}

// Fenced tells that this process follows nobody on purpose.
func (s Snapshot) Fenced() bool { return s.Role == RoleReplica && s.MasterAddr == Nowhere }

// Lineage names a data set and a position in it.
type Lineage struct {
	ReplID  string `json:"replid"`
	ReplID2 string `json:"replid2,omitempty"`
	Offset  int64  `json:"offset"`
}

// Lineage of the process's own data.
func (s Snapshot) Lineage() Lineage {
	return Lineage{ReplID: s.ReplID, ReplID2: s.ReplID2, Offset: s.Offset}
}
