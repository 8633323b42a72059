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

// answer renders a reply unless the client wants none.
func (s *Session) answer(r Reply) {
	if s.replies == repliesOn {
		s.borrow()
		s.out = r.Append(s.out, s.Proto())
	}
	switch s.replies {
	case skipNext:
		s.replies = skipThis
	case skipThis:
		s.replies = repliesOn
	}
}
