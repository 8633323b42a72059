package resp

import "sync"

// Hub knows who listens to which channel and pattern. Publishing renders a message
// once for each form it is needed in and puts it into queues; it never writes to a
// socket, so no subscriber can hold it up.
type Hub struct {
	mu       sync.Mutex
	channels audience
	patterns audience
}

// audience maps a channel or pattern to the sessions that asked for it.
type audience map[string]map[*Session]struct{}

func newHub() *Hub {
	return &Hub{channels: audience{}, patterns: audience{}}
}

// Publish delivers a message and returns how many deliveries there were. All
// subscribers get the messages of one publisher in the order of the calls.
func (h *Hub) Publish(channel, payload string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	receivers := 0
	direct := messages{reply: Push(Bulk(wordMessage), Bulk(channel), Bulk(payload))}
	for s := range h.channels[channel] {
		s.deliver(direct.forProto(s.Proto()))
		receivers++
	}
	for pattern, sessions := range h.patterns {
		if !Glob(pattern, channel) {
			continue
		}
		matched := messages{reply: Push(Bulk(wordPMessage), Bulk(pattern), Bulk(channel), Bulk(payload))}
		for s := range sessions {
			s.deliver(matched.forProto(s.Proto()))
			receivers++
		}
	}
	return receivers
}

// Count tells how many channels and patterns have listeners.
func (h *Hub) Count() (channels, patterns int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.channels), len(h.patterns)
}

// messages renders one message once per protocol version.
type messages struct {
	reply    Reply
	rendered [RESP3 + 1][]byte
}

func (m *messages) forProto(proto int) []byte {
	if m.rendered[proto] == nil {
		m.rendered[proto] = m.reply.Append(nil, proto)
	}
	return m.rendered[proto]
}

// add subscribes the session and queues the confirmation before any message can
// come in between. It reports false when the session had the name already.
func (h *Hub) add(s *Session, name string, pattern bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	word, who, own, count := h.side(s, pattern)
	_, had := (*own)[name]
	if !had {
		if *own == nil {
			*own = map[string]struct{}{}
		}
		(*own)[name] = struct{}{}
		if who[name] == nil {
			who[name] = map[*Session]struct{}{}
		}
		who[name][s] = struct{}{}
		count(len(*own))
	}
	s.confirm(word, Bulk(name))
	s.submit()
	return !had
}

// remove reports whether the session had the name.
func (h *Hub) remove(s *Session, name string, pattern bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, who, own, count := h.side(s, pattern)
	if _, had := (*own)[name]; !had {
		return false
	}
	delete(*own, name)
	who.leave(name, s)
	count(len(*own))
	return true
}

// side picks what belongs to channels or to patterns.
func (h *Hub) side(s *Session, pattern bool) (word string, who audience, own *map[string]struct{}, count func(int)) {
	if pattern {
		return wordPSubscribe, h.patterns, &s.matching, func(n int) { s.patterns.Store(int32(n)) }
	}
	return wordSubscribe, h.channels, &s.subscribed, func(n int) { s.channels.Store(int32(n)) }
}

func (h *Hub) list(s *Session, pattern bool) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, _, own, _ := h.side(s, pattern)
	return sortedNames(*own)
}

// forget drops every subscription of a session.
func (h *Hub) forget(s *Session) {
	if !s.Subscribed() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for name := range s.subscribed {
		h.channels.leave(name, s)
	}
	for name := range s.matching {
		h.patterns.leave(name, s)
	}
	s.subscribed, s.matching = nil, nil
	s.channels.Store(0)
	s.patterns.Store(0)
}

func (a audience) leave(name string, s *Session) {
	delete(a[name], s)
	if len(a[name]) == 0 {
		delete(a, name)
	}
}
