package resp

import (
	"errors"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"github.com/tidwall/redcon"
)

const (
	keepArgs = 64       // and a list of arguments
	flushAt  = 64 << 10 // a pipeline's replies are written when they reach this
)

// errEnded ends a session without another word to the client.
var errEnded = errors.New("ended")

// intake is what a session keeps between two reads.
type intake struct {
	input input
	guard guard
	args  [][]byte
}

// serve runs the session until either side ends it.
func (s *Session) serve() {
	defer s.end()
	defer s.survive()
	if !s.shakeHands() {
		return
	}
	s.server.handler.Open(s)
	s.refuse(s.read())
}

// read is the loop, until an error or the client's end. A client that has asked often
// is expected to go on.
func (s *Session) read() error {
	in := &intake{input: input{buf: make([]byte, firstBuffer)}, guard: newGuard(s.server.options)}
	for range steadyAfter {
		if err := s.turn(in); err != nil {
			return err
		}
	}
	err := s.readSteadily(in)
	for err == nil {
		err = s.turn(in)
	}
	return err
}

// turn waits for input and answers it.
func (s *Session) turn(in *intake) error {
	n, err := s.conn.Read(in.input.space())
	if err != nil {
		return err
	}
	return s.take(n, in)
}

// take answers every complete request in the input, to which n bytes were added, and
// writes once.
func (s *Session) take(n int, in *intake) error {
	s.lastActive.Store(int64(time.Since(s.born)))
	s.server.stats.bytesIn.Add(uint64(n))
	in.input.add(n)
	if err := s.process(in); err != nil {
		return err
	}
	if err := s.flush(); err != nil {
		return err
	}
	if s.closing {
		return errEnded
	}
	return nil
}

// process answers all complete requests in the input.
func (s *Session) process(in *intake) error {
	for !s.closing {
		found, size, err := in.guard.next(in.input.pending(), s.trusted)
		if err != nil {
			return err
		}
		if found == incomplete {
			return nil
		}
		if err = s.request(found, in.input.take(size), &in.args); err != nil {
			return err
		}
		if len(s.out) >= flushAt {
			if err = s.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// request parses one complete request and answers it.
func (s *Session) request(found frame, raw []byte, args *[][]byte) error {
	var err error
	switch found {
	case multibulk:
		var complete bool
		complete, *args, _, _, err = redcon.ReadNextCommand(raw, *args)
		if err == nil && !complete {
			err = errMultibulkLength // guard and parser disagree: trust neither
		}
	case inline:
		var balanced bool
		if *args, balanced = splitInline(raw); !balanced {
			err = errUnbalanced
		}
	default:
		return nil
	}
	if err != nil || len(*args) == 0 {
		return err
	}
	if isHTTP((*args)[0]) {
		s.out = s.out[:0]
		return errEnded
	}
	s.server.stats.commands.Add(1)
	reply := s.server.handler.Serve(s, *args)
	if reply.IsError() {
		s.server.stats.errors.Add(1)
	}
	s.answer(reply)
	if clear(*args); cap(*args) > keepArgs {
		*args = nil
	}
	return nil
}

// isHTTP recognizes a browser that was tricked into talking to us, as Redis does.
func isHTTP(word []byte) bool {
	return len(word) >= 4 && (strings.EqualFold(string(word), "post") || strings.EqualFold(string(word), "host:"))
}

// flush writes the replies so far, or hands them to the writer once there is one.
func (s *Session) flush() error {
	if s.outbox != nil {
		return s.handOver()
	}
	if len(s.out) == 0 {
		s.giveBack()
		return nil
	}
	err := s.allowWrite()
	if err == nil {
		_, err = s.conn.Write(s.out)
		s.server.stats.bytesOut.Add(uint64(len(s.out)))
	}
	s.giveBack()
	return err
}

// refuse tells the client what was wrong with its request and, so that the text
// is not lost to a reset, waits a moment for the client to read it.
func (s *Session) refuse(err error) {
	var wrong protocolError
	if !errors.As(err, &wrong) {
		return
	}
	s.server.stats.protocolErrors.Add(1)
	s.out = Error("ERR "+wrong.Error()).Append(s.out, s.Proto())
	if s.flush() != nil || s.outbox != nil {
		return
	}
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_ = s.conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		_, _ = io.CopyN(io.Discard, s.conn, 1<<20)
	}
}

// end takes the session out of everything and closes the socket last.
func (s *Session) end() {
	s.server.hub.forget(s)
	if s.outbox != nil {
		s.outbox.close()
		s.writer.Wait()
	}
	_ = s.conn.Close()
	s.server.remove(s)
}

// survive keeps a bug in a handler from ending the process.
func (s *Session) survive() {
	if cause := recover(); cause != nil {
		s.server.stats.panics.Add(1)
		s.server.options.Log.WithFields(map[string]any{
			"conn": s.remote, "err": cause, "stack": string(debug.Stack()),
		}).Error("connection closed by a panic")
	}
}
