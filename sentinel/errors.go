package sentinel

import "errors"

// ErrConflict is returned by a write of the record that met a newer one: read
// again, decide again.
var ErrConflict = errors.New("the record was changed by somebody else")

// The refusals of a failover that a client asked for.
var (
	ErrInProgress    = errors.New("a failover is in progress")
	ErrNoGoodReplica = errors.New("no suitable replica to promote")
	ErrObserving     = errors.New("the mode of this master is observe: others promote")
)
