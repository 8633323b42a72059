package sentinel

// Sight is what a replica of the service reaches of all the Redis that it knows.
type Sight int

// The sights. A refused connection is something that was heard, since a machine refused it;
// what cannot be understood is not.
const (
	// SightUnclear: it knows no Redis, or not yet whether it reaches one.
	SightUnclear Sight = iota
	// SightNone: it heard of none for down-after, the shortest of all sets.
	SightNone
	// SightSome: it heard of one within half of that. Probes ask twice in down-after at
	// least, so that of two replicas which lose all Redis in one moment the later one does
	// not see any more when the first one is blind.
	SightSome
)
