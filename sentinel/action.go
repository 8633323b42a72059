package sentinel

import "time"

// Order is an action with a number by which its Done refers to it.
type Order struct {
	ID     uint64
	Action Action
}

// Action is something to be done outside. Those for a process are carried out on
// a connection on which that process's run id was checked, or fail.
type Action interface{ action() }

// ReadBack reads the record and the set's pods live, past every cache.
type ReadBack struct{}

// Commit writes the record by compare-and-swap against Record.Version.
type Commit struct{ Record Record }

// Inspect takes a snapshot. With Purge it first ends the connections of leaders of
// older terms to that process, so that none of their commands can follow.
type Inspect struct {
	Process Process
	Purge   bool
}

// Freeze points a replica at Nowhere and takes a snapshot: it keeps its data and
// its place in the stream, feeds nobody, and can be reattached by a partial resync.
// Purge is as for Inspect. A process that turns out to be a master is only read, unless
// Masters is set: it may be one by a record that the leader has not heard of yet. Only then
// is one detached that cannot be read; see Done.Detached. A replica that has a link to one of
// the addresses in Unless, and goes on to have it for longer than the end of a process is on
// its way, is only read: what refuses us there lives.
type Freeze struct {
	Process Process
	Purge   bool
	Masters bool
	Unless  []Addr
}

// Pause stops the writes of a master for at most For, and takes a snapshot. Conn is as
// for Promote: a newer leader may have left the master where it is.
type Pause struct {
	Process Process
	Conn    uint64
	For     time.Duration
}

// Unpause takes a Pause back.
type Unpause struct{ Process Process }

// AwaitOffset waits until a replica has received all up to Offset.
type AwaitOffset struct {
	Process Process
	Offset  int64
	Within  time.Duration
}

// Demote makes a master a replica of nobody. Its paused clients stay paused: they
// are cut by the Follow that comes when their new master has been announced. Conn is as
// for Pause.
type Demote struct {
	Process Process
	Conn    uint64
}

// Empty makes a replica of nobody drop all its data, in one transaction, and stay a replica
// of nobody. What it has afterwards has an id of its own. Conn is as for Promote: a newer
// leader may have made it a master.
type Empty struct {
	Process Process
	Conn    uint64
}

// Promote makes a process the master and tells it its write fence, in one
// transaction. It is safe to repeat. It goes out on the very connection on which the
// process was read in this operation (Done.Conn), or not at all: a connection that
// was opened later may have escaped a newer leader, who ends those of older terms.
type Promote struct {
	Process     Process
	Conn        uint64
	MinReplicas int
	MaxLag      time.Duration
}

// SetFence tells a master its write fence; Conn is as for Promote.
type SetFence struct {
	Process     Process
	Conn        uint64
	MinReplicas int
	MaxLag      time.Duration
}

// Pill makes a process a replica of nobody and cuts its clients, on a connection
// that is open already, without waiting for an answer. It has no Done that matters:
// should it arrive, the next reading shows it.
type Pill struct{ Process Process }

// Follow points a process at its master. CutClients closes the connections of its
// clients in the same transaction, as a Sentinel does.
type Follow struct {
	Process    Process
	Master     Addr
	CutClients bool
}

// CutLate closes the connections of a replica's clients, if it has refused somebody a write
// since they were closed by the last Follow, and takes a snapshot.
type CutLate struct{ Process Process }

// Label writes the role label of a pod.
type Label struct {
	Pod  Pod
	Role Role
}

// Report tells people: a log line and a Kubernetes Event. Reports have no Done.
type Report struct {
	Pod     string
	Warning bool
	Reason  string // CamelCase, as Kubernetes Events have it
	Message string
	// Decision is set where a master was chosen, or none could be.
	Decision *Decision
}

func (ReadBack) action()    {}
func (Commit) action()      {}
func (Inspect) action()     {}
func (Freeze) action()      {}
func (Pause) action()       {}
func (Unpause) action()     {}
func (AwaitOffset) action() {}
func (Demote) action()      {}
func (Empty) action()       {}
func (Promote) action()     {}
func (SetFence) action()    {}
func (Pill) action()        {}
func (Follow) action()      {}
func (CutLate) action()     {}
func (Label) action()       {}
func (Report) action()      {}
