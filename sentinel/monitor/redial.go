package monitor

import "time"

// The pauses between attempts to connect to one instance.
const (
	redialFirst = time.Millisecond
	redialMost  = 500 * time.Millisecond
	// redialLived is how long a connection lives that shows an instance to be well: some
	// greet everybody and then hang up, as one that is out of memory, or a proxy with nothing
	// behind it.
	redialLived = time.Second
)

// redial paces the attempts to connect to one instance. After a connection that lived, the
// first one is immediate, since what answers there now tells a restart from a cut.
type redial struct{ wait time.Duration }

// pause is the time to the next attempt, after a connection that lived so long, or none.
func (r *redial) pause(lived time.Duration) time.Duration {
	if lived >= redialLived {
		r.wait = 0
	}
	wait := max(redialFirst, r.wait)
	r.wait = min(redialMost, 2*wait)
	return jitter(wait)
}
