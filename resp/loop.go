package resp

import (
	"errors"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/tidwall/redcon"
)

const (
	firstBuffer = 1 << 10  // where a connection's input begins
	keepInput   = 4 << 10  // an input that has grown further is given back when empty
	keepArgs    = 64       // and a list of arguments
	flushAt     = 64 << 10 // a pipeline's replies are written when they reach this
)

// errDropped ends a session without a word to the client.
var errDropped = errors.New("dropped")

// serve runs the session on this goroutine until it ends, or until a poller has it.
func (s *Session) serve(read func() error) {
	ended := true
	defer func() {
		if ended {
			s.end()
		}
	}()
	defer s.survive()
	err := read()
	if ended = !errors.Is(err, errPolled); ended {
		s.refuse(err)
	}
}

// open begins a session that was accepted.
func (s *Session) open() error {
	if !s.shakeHands() {
		return errDropped
	}
	s.server.handler.Open(s)
	return s.read()
}

// read is the loop: read what is there, answer every complete request, write once.
func (s *Session) read() error {
	for {
		if s.mayBePolled() && s.joinPoller() {
			return errPolled
		}
		n, err := s.conn.Read(s.input.space())
		if err != nil {
			return err
		}
		s.reads++
		if err = s.took(n); err != nil {
			return err
		}
	}
}

// took answers what the n bytes complete that were just read.
func (s *Session) took(n int) error {
	s.lastActive.Store(int64(time.Since(s.born)))
	s.server.stats.bytesIn.Add(uint64(n))
	s.input.add(n)
	s.holdInput()
	err := s.process()
	if err == nil {
		err = s.flush()
	}
	s.input.rest()
	s.holdInput()
	s.owe()
	if err == nil && s.closing {
		err = errDropped
	}
	return err
}

// process answers all complete requests in the input.
func (s *Session) process() error {
	for !s.closing {
		found, size, err := s.guard.next(s.input.pending(), s.trusted)
		if err != nil {
			return err
		}
		if found == incomplete {
			return nil
		}
		if s.owes.Load() > 0 && s.trusted { // what it asks now may take as long as it takes
			s.paid()
		}
		if err = s.request(found, s.input.take(size)); err != nil {
			return err
		}
		if len(s.out) >= flushAt {
			if err = s.flushAndYield(); err != nil {
				return err
			}
		}
	}
	return nil
}

// request parses one complete request and answers it.
func (s *Session) request(found frame, raw []byte) error {
	var err error
	args := &s.args
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
		return errDropped
	}
	s.server.stats.commands.Add(1)
	reply := s.server.handler.Serve(s, *args)
	if reply.IsError() {
		s.server.stats.errors.Add(1)
	}
	err = s.answer(reply)
	if clear(*args); cap(*args) > keepArgs {
		*args = nil
	}
	return err
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
	err := s.write(s.out)
	s.server.stats.bytesOut.Add(uint64(len(s.out)))
	s.giveBack()
	return err
}

// flushAndYield is for the middle of much to do: hundreds of clients may ask for long
// answers at once, and whoever has an order to give must not wait until each of them has had
// its time.
func (s *Session) flushAndYield() error {
	err := s.flush()
	runtime.Gosched()
	return err
}

// write waits for a client that does not read, but not in a poller. Only while it waits
// does it count what it keeps.
func (s *Session) write(b []byte) error {
	n, err := s.writeSome(b)
	if err != nil || n == len(b) {
		return err
	}
	b = b[max(0, n):]
	if s.poller != nil {
		s.StepAside()
	}
	if err = s.allowWrite(); err != nil {
		return err
	}
	waiting := cap(b) + socketBytes
	s.hold(waiting)
	_, err = s.conn.Write(b)
	s.hold(-waiting)
	return err
}

// refuse tells the client what was wrong with its request and, so that the text
// is not lost to a reset, waits a moment for the client to read it.
func (s *Session) refuse(err error) {
	wrong, is := errors.AsType[protocolError](err)
	if !is {
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
	s.closeSocket()
	s.release()
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

// input is a buffer that requests are cut from. It begins small, grows with the
// request under way, and falls back to small with rest.
type input struct {
	buf        []byte
	start, end int
}

// space is where the next bytes go; it is never empty.
func (in *input) space() []byte {
	switch {
	case in.start == in.end:
		in.start, in.end = 0, 0
	case in.end == len(in.buf) && in.start > 0:
		in.end = copy(in.buf, in.pending())
		in.start = 0
	}
	if in.end == len(in.buf) {
		in.buf = append(slices.Clip(in.buf), make([]byte, len(in.buf))...)
	}
	return in.buf[in.end:]
}

func (in *input) add(n int) {
	in.end += n
}

// rest gives back a buffer that has grown, once little is left in it: until the client
// sends more may take for ever.
func (in *input) rest() {
	if pending := in.pending(); len(in.buf) > keepInput && len(pending) < firstBuffer {
		in.buf = make([]byte, firstBuffer)
		in.start, in.end = 0, copy(in.buf, pending)
	}
}

func (in *input) pending() []byte { return in.buf[in.start:in.end] }

func (in *input) take(n int) []byte {
	in.start += n
	return in.buf[in.start-n : in.start]
}
