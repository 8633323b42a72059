package sentinel

import "time"

// Whoever refuses at once would be asked as fast as it refuses, and with each try something
// is written to Kubernetes. So what was refused is tried later and later, each thing by
// itself: nothing else waits for it.

// retries spaces out what is refused again and again. Its zero value was never refused.
type retries struct {
	times int
	until time.Time
}

// refused notes a refusal: the next try waits for first, then for twice as long each time,
// for most at most.
func (r *retries) refused(now time.Time, first, most time.Duration) {
	r.until = now.Add(min(first<<min(r.times, 16), most))
	r.times++
}

func (r *retries) holds(now time.Time) bool { return now.Before(r.until) }

const (
	// refusedMost is the longest pause after a command that a Redis refused.
	refusedMost = 15 * time.Second
	// promotionTries are given to the best candidate. Then the next best is chosen, some
	// two seconds after the first refusal; if there is none, the best has another try.
	promotionTries = 4
)

// refusing is how often the process that answers now was not promoted, and why last.
type refusing struct {
	retries
	why string
}

// passedOver: it had its tries, and the next one has to wait.
func (r *refusing) passedOver(now time.Time) bool { return r.times >= promotionTries && r.holds(now) }
