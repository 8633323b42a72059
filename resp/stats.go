package resp

import "sync/atomic"

// counters are kept by the sessions without a lock.
type counters struct {
	accepted       atomic.Uint64
	rejected       atomic.Uint64
	dropped        atomic.Uint64
	evicted        atomic.Uint64
	displaced      atomic.Uint64
	timedOut       atomic.Uint64
	commands       atomic.Uint64
	errors         atomic.Uint64
	protocolErrors atomic.Uint64
	handshakes     atomic.Uint64
	panics         atomic.Uint64
	bytesIn        atomic.Uint64
	bytesOut       atomic.Uint64
	connected      atomic.Int64
}

// Stats is what the server has counted since it was made.
type Stats struct {
	Connected          int    // sessions now
	Connections        uint64 // accepted ever, rejected ones included
	Rejected           uint64 // over MaxClients
	DroppedSubscribers uint64 // cut because they did not read
	Evicted            uint64 // cut because they kept the most, over MaxClientMemory
	Displaced          uint64 // cut because they held connections that others wanted
	TimedOut           uint64 // cut after RequestTimeout or IdleTimeout
	Commands           uint64 // requests given to the handler
	Errors             uint64 // error replies among them
	ProtocolErrors     uint64 // connections closed for malformed input
	FailedHandshakes   uint64 // TLS connections that were never begun properly
	Panics             uint64
	BytesIn, BytesOut  uint64
	Channels, Patterns int // that have subscribers now
	ClientMemory       int // kept for clients now, of MaxClientMemory
}

// Stats may be called from any goroutine.
func (s *Server) Stats() Stats {
	c := &s.stats
	channels, patterns := s.hub.Count()
	return Stats{
		Connected:          int(c.connected.Load()),
		Connections:        c.accepted.Load(),
		Rejected:           c.rejected.Load(),
		DroppedSubscribers: c.dropped.Load(),
		Evicted:            c.evicted.Load(),
		Displaced:          c.displaced.Load(),
		TimedOut:           c.timedOut.Load(),
		Commands:           c.commands.Load(),
		Errors:             c.errors.Load(),
		ProtocolErrors:     c.protocolErrors.Load(),
		FailedHandshakes:   c.handshakes.Load(),
		Panics:             c.panics.Load(),
		BytesIn:            c.bytesIn.Load(),
		BytesOut:           c.bytesOut.Load(),
		Channels:           channels,
		Patterns:           patterns,
		ClientMemory:       s.budget.inUse(),
	}
}
