package sentinel

import "errors"

// ErrConflict is returned by a write of the record that met a newer one: read
// again, decide again.
var ErrConflict = errors.New("the record was changed by somebody else")

// ErrOvertaken is returned by an order to a Redis process to which a leader of a later
// term is connected.
var ErrOvertaken = errors.New("another replica of the service leads by now")

// The refusals of a failover that a client asked for.
var (
	ErrInProgress    = errors.New("a failover is in progress")
	ErrNoGoodReplica = errors.New("no suitable replica to promote")
	ErrObserving     = errors.New("the mode of this master is observe: others promote")
)
