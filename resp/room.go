package resp

import (
	"container/list"
	"net"
	"net/netip"
	"time"
)

// When all MaxClients connections are taken, nobody who only holds one keeps others out:
//
//   - A newcomer that has not asked anything for a second, or has not logged in where that
//     is needed, makes room, the oldest first.
//   - A source with more than half of all connections makes room for every other source,
//     with the connection that has been idle for longest, and rather one that does not
//     listen. All clients may come from one address, that of a NAT or of kube-proxy: so a
//     source may have all of them while nobody else wants any.
//
// Else the new one is told that there are too many, as by Redis.

// newcomerTime is how long a newcomer keeps its place in any case.
const newcomerTime = time.Second

// occupancy tells who has the connections. The server's lock guards it.
type occupancy struct {
	newcomers list.List // of *Session, the oldest first
	sources   map[netip.Prefix]int
}

func (o *occupancy) add(s *Session) {
	s.newcomer = o.newcomers.PushBack(s)
	if o.sources == nil {
		o.sources = map[netip.Prefix]int{}
	}
	o.sources[s.source]++
}

func (o *occupancy) remove(s *Session) {
	o.settle(s)
	if o.sources[s.source]--; o.sources[s.source] <= 0 {
		delete(o.sources, s.source)
	}
}

func (o *occupancy) settle(s *Session) {
	if s.newcomer != nil {
		o.newcomers.Remove(s.newcomer)
		s.newcomer = nil
	}
}

// arrived is told once that a session has been answered.
func (s *Server) arrived(session *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.occupancy.settle(session)
}

// makeRoom closes a session for one from the given source; false if all may stay. The
// server's lock is held.
func (s *Server) makeRoom(source netip.Prefix) bool {
	victim := s.idleNewcomer()
	if victim == nil {
		victim = s.longestIdleOf(s.majority(), source)
	}
	if victim == nil {
		return false
	}
	delete(s.sessions, victim.id)
	s.occupancy.remove(victim)
	s.stats.displaced.Add(1)
	s.tell(victim, "it made room for another client")
	victim.Kill()
	return true
}

func (s *Server) idleNewcomer() *Session {
	front := s.occupancy.newcomers.Front()
	if front == nil {
		return nil
	}
	if oldest := front.Value.(*Session); time.Since(oldest.born) > newcomerTime {
		return oldest
	}
	return nil
}

// majority is the source that has more than half of all connections.
func (s *Server) majority() (source netip.Prefix) {
	for source, n := range s.occupancy.sources {
		if n > s.options.MaxClients/2 {
			return source
		}
	}
	return netip.Prefix{}
}

func (s *Server) longestIdleOf(source, asking netip.Prefix) (found *Session) {
	if source == asking || !source.IsValid() {
		return nil
	}
	for _, session := range s.sessions {
		if session.source == source && (found == nil || session.spareRatherThan(found)) {
			found = session
		}
	}
	return found
}

// spareRatherThan compares whom to spare less.
func (s *Session) spareRatherThan(other *Session) bool {
	if s.Subscribed() != other.Subscribed() {
		return other.Subscribed()
	}
	return s.lastSeen().Before(other.lastSeen())
}

func (s *Session) lastSeen() time.Time { return s.born.Add(time.Duration(s.lastActive.Load())) }

// sourceOf is whom an address counts for: an IPv4 address, or an IPv6 network of 64 bits,
// which one host has whole.
func sourceOf(addr net.Addr) netip.Prefix {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	ip := tcp.AddrPort().Addr().Unmap()
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	source, _ := ip.WithZone("").Prefix(bits) // fails for no address at all only
	return source
}
