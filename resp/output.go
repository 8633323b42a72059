package resp

import (
	"sync"
	"time"
)

// outputs are buffers for replies between two uses: a session has one only while it
// answers a pipeline.
var outputs = sync.Pool{New: func() any { return new([]byte) }}

// keepOutput is the largest that is used again.
const keepOutput = 4 * flushAt

// borrow gets a buffer for the replies of the pipeline under way, unless there is one.
// Replies that go through the queue belong to it: those are not borrowed.
func (s *Session) borrow() {
	if s.out == nil && s.box == nil && s.outbox == nil {
		s.box = outputs.Get().(*[]byte)
		s.out = (*s.box)[:0]
	}
}

// giveBack ends the use of the buffer.
func (s *Session) giveBack() {
	if s.box != nil && cap(s.out) <= keepOutput {
		*s.box = s.out[:0]
		outputs.Put(s.box)
	}
	s.out, s.box = nil, nil
}

// allowWrite gives the next write at least WriteTimeout, and half as much more at most.
// To set a deadline costs more than many a reply, so one serves for many writes.
func (s *Session) allowWrite() error {
	now, timeout := time.Since(s.born), s.server.options.WriteTimeout
	if s.writeBy-now >= timeout {
		return nil
	}
	s.writeBy = now + timeout + timeout/2
	return s.conn.SetWriteDeadline(s.born.Add(s.writeBy))
}
