package resp

import (
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
)

// Words of the protocol's publish/subscribe messages.
const (
	wordMessage      = "message"
	wordPMessage     = "pmessage"
	wordSubscribe    = "subscribe"
	wordPSubscribe   = "psubscribe"
	wordUnsubscribe  = "unsubscribe"
	wordPUnsubscribe = "punsubscribe"
)

// Error texts of ours: Redis has no limits here.
const (
	errManySubscriptions = "ERR too many subscriptions on this connection"
	errManyPatterns      = "ERR too many patterns on this connection"
	errPatternsInAll     = "ERR too many patterns on all connections, try again later"
	errLongName          = "ERR channels and patterns may have %d bytes at most"
)

// Subscribed tells that the session has a channel or a pattern. In RESP2 it may
// then use the few commands of a subscriber only.
func (s *Session) Subscribed() bool { return s.Subscriptions() > 0 }

// Subscriptions counts channels and patterns.
func (s *Session) Subscriptions() int { return int(s.channels.Load() + s.patterns.Load()) }

// Subscribe adds channels and confirms each; the returned reply is None, or an
// error when the session has more subscriptions than one may have.
func (s *Session) Subscribe(channels [][]byte) Reply {
	return s.subscribe(channels, false)
}

// PSubscribe does the same for patterns.
func (s *Session) PSubscribe(patterns [][]byte) Reply {
	return s.subscribe(patterns, true)
}

// Unsubscribe takes channels away, all of them when none is named, and confirms
// each, subscribed or not.
func (s *Session) Unsubscribe(channels [][]byte) {
	s.unsubscribe(channels, false)
}

// PUnsubscribe does the same for patterns.
func (s *Session) PUnsubscribe(patterns [][]byte) {
	s.unsubscribe(patterns, true)
}

// Channels are the session's channels, ordered. Safe from any goroutine.
func (s *Session) Channels() []string { return s.server.hub.list(s, false) }

// Patterns are the session's patterns, ordered. Safe from any goroutine.
func (s *Session) Patterns() []string { return s.server.hub.list(s, true) }

// Silence drops every subscription without a word, as RESET does.
func (s *Session) Silence() {
	s.hold(-s.names)
	s.names = 0
	s.server.hub.forget(s)
}

func (s *Session) subscribe(names [][]byte, pattern bool) Reply {
	if refusal := s.tooMuch(names, pattern); refusal != "" {
		return Error(refusal)
	}
	s.stream()
	for _, name := range names {
		had, ok := s.server.hub.add(s, string(name), pattern)
		if !ok {
			return Error(errPatternsInAll)
		}
		if !had {
			s.listens(len(name) + subscriptionBytes)
		}
	}
	return None
}

// tooMuch is the refusal of subscriptions that one session may not have.
func (s *Session) tooMuch(names [][]byte, pattern bool) string {
	o, subscriptions := s.server.options, s.Subscriptions()+len(names)
	switch {
	case subscriptions > o.MaxSubscriptions, s.names+size(names) > o.MaxSubscriptionBytes+s.Subscriptions()*subscriptionBytes:
		return errManySubscriptions
	case pattern && int(s.patterns.Load())+len(names) > o.MaxPatterns:
		return errManyPatterns
	case slices.ContainsFunc(names, func(name []byte) bool { return len(name) > o.MaxName }):
		return fmt.Sprintf(errLongName, o.MaxName)
	}
	return ""
}

// listens counts what a subscription costs, or cost.
func (s *Session) listens(bytes int) {
	s.names += bytes
	s.hold(bytes)
}

func (s *Session) unsubscribe(names [][]byte, pattern bool) {
	if len(names) > 0 {
		for _, name := range names {
			s.leave(string(name), pattern)
		}
		return
	}
	all := s.server.hub.list(s, pattern)
	for _, name := range all {
		s.leave(name, pattern)
	}
	if len(all) == 0 {
		s.confirm(leaveWord(pattern), Null)
	}
}

func (s *Session) leave(name string, pattern bool) {
	if s.server.hub.remove(s, name, pattern) {
		s.listens(-len(name) - subscriptionBytes)
	}
	s.confirm(leaveWord(pattern), Bulk(name))
}

func leaveWord(pattern bool) string {
	if pattern {
		return wordPUnsubscribe
	}
	return wordUnsubscribe
}

// confirm answers a change of subscriptions, whatever CLIENT REPLY says.
func (s *Session) confirm(word string, name Reply) {
	reply := Push(Bulk(word), name, Integer(int64(s.Subscriptions())))
	s.out = reply.Append(s.out, s.Proto())
}

// stream makes sure that there is a queue and a writer, and puts the replies so
// far into the queue, so that nothing overtakes them.
func (s *Session) stream() {
	s.StepAside()
	if s.outbox == nil {
		s.outbox = newOutbox(s.server.options.QueueBytes)
		s.writer.Add(1)
		go s.drain()
	}
	s.submit()
}

// submit queues the replies so far.
func (s *Session) submit() {
	if len(s.out) > 0 {
		s.hold(s.outbox.offer(s.out))
		s.out, s.box = nil, nil // the queue owns it now
	}
}

// handOver queues the replies so far and holds this client's own loop back while
// the client does not read them.
func (s *Session) handOver() error {
	s.submit()
	for s.outbox.full() {
		<-s.outbox.room
	}
	return nil
}

// drain is the one writer of a session that has subscribed.
func (s *Session) drain() {
	defer s.writer.Done()
	for {
		batch, size, cost, done := s.outbox.take()
		if done {
			return
		}
		if len(batch) == 0 {
			<-s.outbox.wake
			continue
		}
		if err := s.writeBatch(batch, size); err != nil {
			s.fail(err)
			return
		}
		s.server.stats.bytesOut.Add(uint64(size))
		s.hold(s.outbox.written(size, cost))
	}
}

// writeBatch makes one system call where little has come together, as nearly always. A
// client that has more to read is behind.
func (s *Session) writeBatch(batch net.Buffers, size int) error {
	switch {
	case len(batch) == 1:
		return s.write(batch[0])
	case size <= flushAt:
		box := outputs.Get().(*[]byte)
		defer outputs.Put(box)
		*box = (*box)[:0]
		for _, b := range batch {
			*box = append(*box, b...)
		}
		return s.write(*box)
	}
	if err := s.allowWrite(); err != nil {
		return err
	}
	s.hold(socketBytes)
	defer s.hold(-socketBytes)
	_, err := batch.WriteTo(s.conn)
	return err
}

// fail ends a session that cannot be written to; only one that did not read in
// time is a dropped subscriber, the others just went away.
func (s *Session) fail(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		s.cut("write stalled")
		return
	}
	s.outbox.close()
	s.Kill()
}

// deliver queues a message that so many sessions get; a client whose queue is full is cut.
func (s *Session) deliver(message []byte, sharers int) {
	ok, more := s.outbox.push(message, sharers)
	if s.hold(more); !ok {
		s.cut("queue full")
	}
}

// cut disconnects a subscriber that does not keep up.
func (s *Session) cut(why string) {
	if !s.outbox.close() {
		return
	}
	s.Kill()
	s.server.stats.dropped.Add(1)
	s.server.tell(s, why)
}

func size(names [][]byte) int {
	n := 0
	for _, name := range names {
		n += len(name)
	}
	return n
}

func sortedNames(set map[string]struct{}) []string {
	names := make([]string, 0, len(set))
	for name := range set {
		names = append(names, name)
	}
	slices.SortFunc(names, strings.Compare)
	return names
}
