package monitor

import (
	"sync/atomic"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Metrics counts what an operator's alerts need. The zero value works; who serves
// them reads the fields.
type Metrics struct {
	Masters     atomic.Int64 // masters known to clients
	MastersDown atomic.Int64 // of these, s_down
	Removed     atomic.Int64 // masters that SENTINEL REMOVE took away
	Switches    atomic.Int64 // changes of a master that this replica has shown
	Failovers   atomic.Int64 // failovers and switchovers that this replica completed
	Refusals    atomic.Int64 // times that it found nobody to promote
	TotalLosses atomic.Int64 // times that it found the data of a set to be gone
	Warnings    atomic.Int64 // all reports that a person should look at

	// Conditions of the masters that are known to clients.
	SyncsRepeat       atomic.Int64
	ReplicasNotInSync atomic.Int64
	MemoryNearLimit   atomic.Int64
}

// viewed counts the change from one shown view to the next; nil is none.
func (m *Metrics) viewed(before, after *sentinel.View) {
	count := func(v *sentinel.View, n int64) {
		if v == nil {
			return
		}
		m.Masters.Add(n)
		if v.Master.SDown {
			m.MastersDown.Add(n)
		}
		for _, c := range v.Conditions {
			m.conditions(c.Reason).Add(n)
		}
	}
	count(before, -1)
	count(after, 1)
	if before != nil && after != nil && before.Master.Addr != after.Master.Addr {
		m.Switches.Add(1)
	}
}

func (m *Metrics) conditions(reason string) *atomic.Int64 {
	switch reason {
	case sentinel.SyncsRepeat:
		return &m.SyncsRepeat
	case sentinel.ReplicaNotInSync:
		return &m.ReplicasNotInSync
	default:
		return &m.MemoryNearLimit
	}
}

func (m *Metrics) removed(is bool) {
	if is {
		m.Removed.Add(1)
	} else {
		m.Removed.Add(-1)
	}
}

func (m *Metrics) reported(r sentinel.Report) {
	if r.Warning {
		m.Warnings.Add(1)
	}
	switch r.Reason {
	case "MasterSwitched":
		m.Failovers.Add(1)
	case "NoGoodReplica":
		m.Refusals.Add(1)
	case "TotalLoss":
		m.TotalLosses.Add(1)
	}
}
