package resp

// replyMode is what CLIENT REPLY asked for.
type replyMode uint8

const (
	repliesOn replyMode = iota
	repliesOff
	skipNext // the reply to the next command is left out
	skipThis // the reply to this command is left out
)

// RepliesOn ends RepliesOff; the current command is answered.
func (s *Session) RepliesOn() { s.replies = repliesOn }

// RepliesOff leaves out all replies, this one included. Published messages and
// confirmations of subscriptions still come, as in Redis.
func (s *Session) RepliesOff() { s.replies = repliesOff }

// SkipReply leaves out this reply and the next one.
func (s *Session) SkipReply() {
	if s.replies != repliesOff {
		s.replies = skipNext
	}
}

// answer renders a reply unless the client wants none. A list is written as it is
// rendered, so that however long it is little waits for a client that does not read.
func (s *Session) answer(r Reply) (err error) {
	if s.replies == repliesOn {
		s.borrow()
		if r.kind == listed {
			err = s.answerList(r.list)
		} else {
			s.out = r.Append(s.out, s.Proto())
		}
	}
	switch s.replies {
	case skipNext:
		s.replies = skipThis
	case skipThis:
		s.replies = repliesOn
	}
	return err
}

func (s *Session) answerList(l *listing) error {
	proto := s.Proto()
	s.out = appendHeader(s.out, l.kind, l.n, proto)
	for i := range l.n {
		if s.out = l.item(i, s.out, proto); len(s.out) >= flushAt {
			if err := s.flushAndYield(); err != nil {
				return err
			}
			s.borrow()
		}
	}
	return nil
}
