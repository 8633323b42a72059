package sentinel

import "time"

// Observation is one thing that was learnt about a master. Observations are the
// only way anything gets into a Machine.
type Observation interface{ observe(*Machine) }

// SetSeen: Kubernetes tells the complete state of the set.
type SetSeen struct{ Set Set }

// RecordSeen: the record as the API server has it, from a watch or an answer.
type RecordSeen struct{ Record Record }

// LeaderSeen: this replica of the service holds the leader Lease, or no longer.
type LeaderSeen struct {
	Leading bool
	Term    uint64
}

// InstanceSeen: one Redis process described itself. At is when the reading began,
// so that a reading older than a command that was carried out since is dropped.
type InstanceSeen struct {
	UID      string
	At       time.Time
	Snapshot Snapshot
}

// InstanceLost: a Redis process can no longer be reached.
type InstanceLost struct {
	UID  string
	Loss Link // LinkGone or LinkSilent
}

// Done: an order was carried out, or not.
type Done struct {
	ID uint64
	At time.Time
	// Err is nil on success.
	Err error
	// Gone tells that the process the order was for does not exist any more.
	Gone bool
	// Conn is the connection that the order went out on; see Promote.
	Conn uint64
	// Snapshot is the process after the order, when it was for a process.
	Snapshot *Snapshot
	// Record and Pods answer Commit (Record only) and ReadBack.
	Record *Record
	Pods   []Pod
}

// Tick: time has passed; nothing else was learnt.
type Tick struct{}
