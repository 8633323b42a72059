package resp

import "time"

// Once a second at most somebody looks for clients that have had their time, as Redis's
// clientsCron does: it costs nothing with each request, and is the same for all kinds of
// sessions.

// sweep runs until the server closes.
func (s *Server) sweep() {
	tick := time.NewTicker(s.sweepEvery())
	defer tick.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
			s.cutOverdue(time.Now())
		}
	}
}

func (s *Server) cutOverdue(now time.Time) {
	for _, session := range s.overdue(now) {
		s.stats.timedOut.Add(1)
		session.Kill()
	}
}

func (s *Server) sweepEvery() time.Duration {
	shortest := s.options.RequestTimeout
	if idle := s.options.IdleTimeout; idle > 0 {
		shortest = min(shortest, idle)
	}
	return min(max(shortest/4, time.Millisecond), time.Second)
}

// overdue tells of each once.
func (s *Server) overdue(now time.Time) (list []*Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, session := range s.sessions {
		if !session.late && session.overdue(now) {
			session.late = true
			list = append(list, session)
		}
	}
	return list
}

// overdue tells that the client owes something for too long, or has asked nothing for too
// long and does not listen either.
func (s *Session) overdue(now time.Time) bool {
	age := now.Sub(s.born)
	if since := s.owes.Load(); since > 0 && age-time.Duration(since) > s.server.options.RequestTimeout {
		return true
	}
	idle := s.server.options.IdleTimeout
	return idle > 0 && !s.Subscribed() && age-time.Duration(s.lastActive.Load()) > idle
}

// owe notes since when the client owes something: its first request, a login where one is
// needed, or the rest of a request.
func (s *Session) owe() {
	switch owing, since := !s.trusted || s.input.start < s.input.end, s.owes.Load(); {
	case owing && since == 0:
		s.owes.Store(max(1, int64(time.Since(s.born))))
	case !owing && since > 0:
		s.paid()
	}
}

// paid ends that. Who has been answered once is not a newcomer any more.
func (s *Session) paid() {
	s.owes.Store(0)
	if !s.arrived {
		s.arrived = true
		s.server.arrived(s)
	}
}
