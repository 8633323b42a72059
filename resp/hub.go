package resp

import "sync"

// Hub knows who listens to which channel and pattern. A message is rendered once for each
// form it is needed in and put into queues; nothing here writes to a socket, so no
// subscriber can hold the others up.
type Hub struct {
	published published

	mu       sync.Mutex
	channels audience
	patterns audience
	globs    map[string]*Pattern // of patterns
}

// audience maps a channel or pattern to the sessions that asked for it.
type audience map[string]map[*Session]struct{}

func newHub() *Hub {
	return &Hub{channels: audience{}, patterns: audience{}, globs: map[string]*Pattern{}}
}

// deliver puts a message into the queues and returns into how many.
func (h *Hub) deliver(channel, payload string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	receivers := send(h.channels[channel], Push(Bulk(wordMessage), Bulk(channel), Bulk(payload)))
	for pattern, glob := range h.globs {
		if glob.Match(channel) {
			receivers += send(h.patterns[pattern], Push(Bulk(wordPMessage), Bulk(pattern), Bulk(channel), Bulk(payload)))
		}
	}
	return receivers
}

// send renders a message once per protocol version.
func send(to map[*Session]struct{}, message Reply) int {
	var rendered [RESP3 + 1][]byte
	for s := range to {
		proto := s.Proto()
		if rendered[proto] == nil {
			rendered[proto] = message.Append(nil, proto)
		}
		s.deliver(rendered[proto], len(to))
	}
	return len(to)
}

// cutAll disconnects every subscriber.
func (h *Hub) cutAll(why string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, all := range []audience{h.channels, h.patterns} {
		for _, sessions := range all {
			for s := range sessions {
				s.cut(why)
			}
		}
	}
}

// Count tells how many channels and patterns have listeners.
func (h *Hub) Count() (channels, patterns int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.channels), len(h.patterns)
}

// add subscribes the session and queues the confirmation before any message can
// come in between. had tells that the session had the name already; ok is false when
// there is no room for one more pattern, and nothing has changed.
func (h *Hub) add(s *Session, name string, pattern bool) (had, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	word, who, own, count := h.side(s, pattern)
	if _, had = (*own)[name]; !had {
		if pattern && !h.learn(s, name) {
			return false, false
		}
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
	return had, true
}

// learn reads a pattern that nobody has listened to so far. Each of them costs time with
// every message, so they are bounded in all; when there are that many, a session with many
// makes room for one that has less than half as many.
func (h *Hub) learn(s *Session, pattern string) bool {
	if h.globs[pattern] != nil {
		return true
	}
	if len(h.globs) >= s.server.options.MaxPatternsInAll {
		greediest := h.greedy(s)
		if len(greediest.matching) <= 2*(len(s.matching)+1) {
			return false
		}
		h.drop(greediest)
		greediest.cut("more patterns than anybody else, and too many in all")
	}
	h.globs[pattern] = Compile(pattern)
	return true
}

// sample is how many patterns are looked at for somebody who has many. To look at all would
// take longer than to publish, and whoever asks again and again would hold that up.
const sample = 32

// greedy is the one with the most patterns among those who have some of them, or s itself.
// Any of the patterns are looked at, so that who has many is likely to be met.
func (h *Hub) greedy(s *Session) *Session {
	greediest, looked := s, 0
	for _, sessions := range h.patterns {
		for other := range sessions {
			if len(other.matching) > len(greediest.matching) {
				greediest = other
			}
			if looked++; looked == sample {
				return greediest
			}
		}
	}
	return greediest
}

// remove reports whether the session had the name.
func (h *Hub) remove(s *Session, name string, pattern bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, _, own, count := h.side(s, pattern)
	if _, had := (*own)[name]; !had {
		return false
	}
	delete(*own, name)
	if pattern {
		h.leavePattern(name, s)
	} else {
		h.channels.leave(name, s)
	}
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
	h.drop(s)
}

// drop must be called with the lock held.
func (h *Hub) drop(s *Session) {
	for name := range s.subscribed {
		h.channels.leave(name, s)
	}
	for name := range s.matching {
		h.leavePattern(name, s)
	}
	s.subscribed, s.matching = nil, nil
	s.channels.Store(0)
	s.patterns.Store(0)
}

func (h *Hub) leavePattern(name string, s *Session) {
	h.patterns.leave(name, s)
	if h.patterns[name] == nil {
		delete(h.globs, name)
	}
}

func (a audience) leave(name string, s *Session) {
	delete(a[name], s)
	if len(a[name]) == 0 {
		delete(a, name)
	}
}
