package sentinel

import "time"

// View is what one service replica tells its clients about one master. It is a
// value: once committed it never changes, but for the ages behind Vitals.
type View struct {
	Name   string
	Config Config
	Epoch  uint64
	// Master is the instance that clients are sent to.
	Master InstanceView
	// Failover is the state of a failover in progress; "" when there is none.
	Failover FailoverState
	// FailoverSince is since when it is in this state here; zero when there is none.
	FailoverSince time.Time
	// Forced tells that the failover was asked for (flag force_failover).
	Forced bool
	// Selected is the instance being promoted; zero when there is none.
	Selected Addr
	// CutOff: this replica of the service reaches neither the API server nor enough of the
	// set to know that the master is still the one.
	CutOff bool
	// Replicas are all other instances, ordered by address.
	Replicas []InstanceView
	// Why is the last decision and what stands in the way of one; never nil in a
	// view that a Machine made.
	Why *Why
	// Conditions are what lasts and is to be looked at, ordered by reason and pod.
	Conditions []Condition
	// Sets counts the SENTINEL SETs and LastSet is the last one; Resets counts the
	// SENTINEL RESETs. Their changes are events.
	Sets    uint64
	LastSet []Setting
	Resets  uint64
}

// Why answers "why did it fail over?" and "why did it not?".
type Why struct {
	Seq      uint64 // of the record that says so
	Phase    Phase
	Reason   string
	Since    time.Time
	Decision *Decision
	Refusal  *Refusal
}

// InstanceView is one master or replica as clients see it.
type InstanceView struct {
	Pod string
	UID string
	// Addr is what clients are told, spelled the same everywhere; Direct is where we
	// and its replicas reach it, the same unless another address is announced.
	Addr   Addr
	Direct Addr
	RunID  string
	// SDown: it does not answer, its process is gone, or it has no data yet.
	SDown     bool
	SDownTime time.Time
	// ODown is set on a master only.
	ODown        bool
	ODownTime    time.Time
	Disconnected bool // no open link to it
	Promoted     bool // it is the target of the failover in progress
	// Vitals holds what moves between commits; never nil in a committed view.
	Vitals *Vitals
}

// FailoverState is Sentinel's failover-state word.
type FailoverState string

// The states of a failover, in their order.
const (
	NoFailover         FailoverState = ""
	WaitStart          FailoverState = "wait_start"
	SelectReplica      FailoverState = "select_slave"
	SendReplicaOfNoOne FailoverState = "send_slaveof_noone"
	WaitPromotion      FailoverState = "wait_promotion"
	ReconfReplicas     FailoverState = "reconf_slaves"
	UpdateConfig       FailoverState = "update_config"
)

// Peer is another replica of the service, as SENTINEL SENTINELS lists it.
type Peer struct {
	ID    string // 40 hex digits, the same on every replica of the service
	Addr  Addr
	Ready bool
	// SDown and SDownTime tell since when it has not been ready.
	SDown     bool
	SDownTime time.Time
}

// Usable counts the Sentinels that are ready: this replica of the service and its peers.
func Usable(peers []Peer) int {
	n := 1
	for _, p := range peers {
		if p.Ready {
			n++
		}
	}
	return n
}

// Event is what subscribers hear: Type is the channel.
type Event struct {
	Type    string
	Payload string
}
