package resp

import "sync"

// What is counted beside the bytes of requests and replies.
const (
	subscriptionBytes = 200                           // for a channel or a pattern, beside its name
	queueEntry        = 24                            // for a message in a queue
	queueStep         = 4 << 10                       // a queue counts in steps
	socketBytes       = 2 * (sendBuffer + readBuffer) // that the kernel has while a write waits; it takes twice what it is told
	// much is more than a client has kept for it that reads, and less than socketBytes.
	much = 64 << 10
)

// budget bounds what all sessions together keep in memory for their clients: replies that
// are not read, unfinished requests, subscriptions, and what the handler keeps. Over the
// bound the session that keeps the most is closed, as by Redis's maxmemory-clients: one who
// does not read is gone, and all others are served.
type budget struct {
	mu    sync.Mutex
	used  int
	begun uint64 // how often a session began to keep much
}

// hold counts n bytes more, or less, for the session. Safe from any goroutine, but not to
// be called with the lock of an outbox held.
func (s *Session) hold(n int) {
	if n == 0 {
		return
	}
	for _, victim := range s.server.budget.add(s, n) {
		s.server.stats.evicted.Add(1)
		s.server.tell(victim, "its replies and requests took more memory than those of others, and all together too much")
		victim.Kill()
	}
}

// add returns who has to go.
func (b *budget) add(s *Session, n int) (victims []*Session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s.released {
		return nil
	}
	if s.held < much && s.held+n >= much {
		b.begun++
		s.muchSince = b.begun
	}
	s.held += n
	b.used += n
	for n > 0 && b.used > s.server.options.MaxClientMemory {
		greediest := s.server.greediest()
		if greediest == nil {
			break
		}
		b.release(greediest)
		victims = append(victims, greediest)
	}
	return victims
}

// release ends the counting for a session that has ended.
func (s *Session) release() {
	b := &s.server.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.release(s)
}

// release must be called with the lock held.
func (b *budget) release(s *Session) {
	b.used -= s.held
	s.held, s.released = 0, true
}

// greediest is the session that keeps the most; nil if none keeps anything. Of those that
// keep as much, or half of it, it is the one that has kept much for longest: who has just
// asked may be about to read. The budget's lock is held.
func (s *Server) greediest() (found *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.sessions {
		if session.held > 0 && (found == nil || session.held > found.held) {
			found = session
		}
	}
	if found == nil || found.held < much {
		return found
	}
	least := max(much, found.held/2)
	for _, session := range s.sessions {
		if session.held >= least && session.muchSince < found.muchSince {
			found = session
		}
	}
	return found
}

func (b *budget) inUse() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// Keeps tells how many bytes the handler keeps for the session, in place of what it told
// before.
func (s *Session) Keeps(bytes int) {
	s.hold(bytes - s.kept)
	s.kept = bytes
}

// holdInput counts the input buffer as far as it has grown.
func (s *Session) holdInput() {
	if grown := max(0, len(s.input.buf)-keepInput); grown != s.grown {
		s.hold(grown - s.grown)
		s.grown = grown
	}
}
