package sentinel

import "time"

// Config holds the options of one master under Sentinel's own names.
type Config struct {
	// DownAfter is how long an instance may give no valid reply before it is
	// s_down (down-after-milliseconds). A process proven gone does not wait for it.
	DownAfter time.Duration
	// FailoverTimeout bounds one attempt at a failover (failover-timeout).
	FailoverTimeout time.Duration
	// ParallelSyncs is how many replicas may do a full resync at once (parallel-syncs).
	ParallelSyncs int
	// Quorum is what CKQUORUM and `+odown` report against (quorum).
	Quorum int
	// MaxLag is min-replicas-max-lag, in whole seconds: how long a master that has
	// lost its replicas still takes writes.
	MaxLag time.Duration
	// OnTotalLoss says what happens when no process holds the data any more.
	OnTotalLoss OnTotalLoss
	// MemoryOnly says that the set keeps nothing on disks: what a process has from its start,
	// and not from a master or from clients, is not the set's data.
	MemoryOnly bool
	// Unlabelled: pods do not get the label of their role.
	Unlabelled bool
	// Mode says whether Redis follows the record, or the record follows Redis.
	Mode Mode
	// Promote is what a person decided; zero for nothing.
	Promote ByHand
}

// Mode is how far a set is taken over.
type Mode string

const (
	// Manage lets this service choose the master and make it one: the default.
	Manage Mode = "manage"
	// Observe tells clients who is master, and gives no Redis an order. Somebody else
	// promotes: a set can be looked at so before it is taken over.
	Observe Mode = "observe"
)

// OnTotalLoss is the answer to the loss of every process that held the data.
type OnTotalLoss string

const (
	// AcceptLoss starts again, with a master that is empty if the set is memory-only: the
	// default, this is a cache.
	AcceptLoss OnTotalLoss = "accept"
	// ManualLoss waits for a person.
	ManualLoss OnTotalLoss = "manual"
)

// Defaults are the options of a master whose StatefulSet carries no annotation.
// failover-timeout and parallel-syncs are Sentinel's. down-after is 2 s: here it
// decides about silent processes only, and only when the replicas hear nothing of
// them either. Nobody is promoted then before the silent master's write fence has
// stopped it, min-replicas-max-lag + 2 s later; until then it may still come back.
func Defaults() Config {
	return Config{
		DownAfter:       2 * time.Second,
		FailoverTimeout: 180 * time.Second,
		ParallelSyncs:   1,
		Quorum:          2,
		MaxLag:          2 * time.Second,
		OnTotalLoss:     AcceptLoss,
		Mode:            Manage,
	}
}
