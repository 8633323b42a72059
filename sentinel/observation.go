package sentinel

import "time"

// Observation is one thing that was learnt about a master. Observations are the
// only way anything gets into a Machine.
type Observation interface{ observe(*Machine) }

// SetSeen says that Kubernetes tells the complete state of the set.
type SetSeen struct{ Set Set }

// RecordSeen is the record as the API server has it, from a watch or an answer.
type RecordSeen struct{ Record Record }

// LeaderSeen says whether this replica of the service holds the leader Lease.
type LeaderSeen struct {
	Leading bool
	Term    uint64
}

// InstanceSeen is what one Redis process said of itself. At is when the reading began,
// so that a reading older than a command that was carried out since is dropped.
type InstanceSeen struct {
	UID      string
	At       time.Time
	Snapshot Snapshot
}

// InstanceLost says that a Redis process can no longer be reached.
type InstanceLost struct {
	UID string
	// Loss is LinkSilent, or LinkGone where connections are refused, or ended before any answer.
	Loss Link
	// Unwell tells that it does answer PING, with an error such as BUSY or MISCONF.
	Unwell bool
	// Why is the cause in a person's words; empty where it is not known.
	Why string
}

// Done is the outcome of an order.
type Done struct {
	ID uint64
	At time.Time
	// Err is nil on success.
	Err error
	// Gone tells that the process the order was for does not exist any more.
	Gone bool
	// Refused tells that this is known by a refused connection alone.
	Refused bool
	// Conn is the connection that the order went out on; see Promote.
	Conn uint64
	// Detached tells of a Freeze that failed since the process cannot be read: it took the
	// command that detaches it all the same.
	Detached bool
	// Snapshot is the process after the order, when it was for a process.
	Snapshot *Snapshot
	// Record and Pods answer Commit (Record only) and ReadBack.
	Record *Record
	Pods   []Pod
}

// Tick says that time has passed; nothing else was learnt.
type Tick struct{}
