package node

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
)

const (
	// pongSize is room for the answers to PING.
	pongSize = 512
	// stateSize is room for most states.
	stateSize = 8 << 10
	// mostKept is what a buffer may have grown to that is used again.
	mostKept = 4 * stateSize
)

// spare holds replies between two uses: a connection has some only while it waits for an
// answer. They differ in the room they have by now.
var spare = sync.Pool{New: func() any { return &replies{buf: make([]byte, 0, pongSize)} }}

// replies are the answers to what was asked last, in the forms that a Redis gives
// them (RESP2). Nothing else is read: the first thing that is wrong ends the reading.
type replies struct {
	conn net.Conn
	buf  []byte // all that came
	next int    // of it, what is to be read next
	// wrong is why there is no answer, or none that can be.
	wrong error
	// refused is the first command that was refused; the others are still answered.
	refused error
	// secret is what a refusal must not tell.
	secret string
}

var (
	errNoLine  = errors.New("reply: no lines of RESP")
	errTooMuch = fmt.Errorf("reply: more than %d bytes", maxReply)
)

// refusal is what a Redis says for a no. It is a redis.Error.
type refusal string

func (r refusal) Error() string { return string(r) }

// RedisError tells it from other errors.
func (refusal) RedisError() {}

func repliesOf(conn net.Conn) *replies {
	r := spare.Get().(*replies)
	r.conn = conn
	return r
}

func (r *replies) free() {
	if cap(r.buf) > mostKept {
		return
	}
	*r = replies{buf: r.buf[:0]}
	spare.Put(r)
}

// surplus tells that more has come than was read.
func (r *replies) surplus() bool { return r.next < len(r.buf) }

// pong reads the answer to PING, and tells whether it is a valid one.
func (r *replies) pong() bool {
	line := r.line()
	switch {
	case r.wrong != nil:
		return false
	case line[0] == '-':
		return bytes.HasPrefix(line, []byte("-LOADING")) || bytes.HasPrefix(line, []byte("-MASTERDOWN"))
	case string(line) != "+PONG":
		r.other(line)
	}
	return r.wrong == nil
}

// accepted reads a word, or notes that the command was refused.
func (r *replies) accepted(command, word string) {
	line := r.line()
	switch {
	case r.wrong != nil:
	case line[0] == '-':
		r.refuse(command, line)
	case line[0] != '+' || string(line[1:]) != word:
		r.other(line)
	}
}

// state reads the answers to the transaction. Its text is that of the sections that tell
// the state, each with an empty line behind it: the end of a bulk is one. Of the others only
// numbers are kept.
func (r *replies) state() (text string, s strain) {
	r.accepted("multi", "OK")
	for range pulseSections {
		r.accepted("info", "QUEUED")
	}
	line := r.line()
	switch {
	case r.wrong != nil:
		return "", s
	case line[0] == '-':
		r.refuse("exec", line)
		return "", s
	case line[0] != '*' || r.size(line, maxElements) != len(pulseSections):
		r.other(line)
		return "", s
	}
	var parts [len(sections)]struct{ from, to int }
	length := 0
	for i := range parts {
		parts[i].from, parts[i].to = r.bulk("info")
		length += parts[i].to - parts[i].from
	}
	for range len(pulseSections) - len(sections) {
		from, to := r.bulk("info")
		s.take(r.buf[from:to])
	}
	var kept strings.Builder
	kept.Grow(length)
	for _, part := range parts {
		kept.Write(r.buf[part.from:part.to])
	}
	return kept.String(), s
}

// bulk returns where one is, with its line's end; its command may have been refused.
func (r *replies) bulk(command string) (from, to int) {
	line := r.line()
	if r.wrong == nil && line[0] == '-' {
		r.refuse(command, line)
		return r.next, r.next
	}
	n := -1
	if r.wrong == nil && line[0] == '$' {
		n = r.size(line, maxReply)
	}
	if n < 0 {
		r.other(line)
		return r.next, r.next
	}
	from, to = r.next, r.next+n+len("\r\n")
	for len(r.buf) < to && r.wrong == nil {
		r.fill()
	}
	switch {
	case r.wrong != nil:
		return r.next, r.next
	case string(r.buf[to-len("\r\n"):to]) != "\r\n":
		r.wrong = errNoLine
	}
	r.next = to
	return from, to
}

// line reads one; it stays only until the next one is read. There is none if something
// is wrong.
func (r *replies) line() []byte {
	for ; r.wrong == nil; r.fill() {
		line, _, ended := bytes.Cut(r.buf[r.next:], []byte("\n"))
		switch {
		case len(line) > maxLine:
			r.wrong = errLongLine
		case !ended:
		case len(line) < 2 || line[len(line)-1] != '\r':
			r.wrong = errNoLine
		default:
			r.next += len(line) + len("\n")
			return line[:len(line)-1]
		}
	}
	return nil
}

// fill waits for more, unless something is wrong. Room is made for what has come, not for what was announced.
func (r *replies) fill() {
	switch {
	case r.wrong != nil:
		return
	case len(r.buf) >= maxReply:
		r.wrong = errTooMuch
		return
	case len(r.buf) == cap(r.buf):
		r.buf = append(make([]byte, 0, max(stateSize, 2*len(r.buf))), r.buf...)
	}
	n, err := r.conn.Read(r.buf[len(r.buf):cap(r.buf)])
	if r.buf = r.buf[:len(r.buf)+n]; n == 0 {
		r.wrong = err
	}
}

// size is what a header announces.
func (r *replies) size(line []byte, most int) int {
	n, err := size(line, most)
	if r.wrong == nil {
		r.wrong = err
	}
	return n
}

// other notes an answer of another form than the one that was asked for. Of its text only
// the first letter is told: it may hold what was sent.
func (r *replies) other(line []byte) {
	if r.wrong == nil {
		r.wrong = fmt.Errorf("reply: not what was asked for, but a %q", line[:1])
	}
}

// refuse notes a refusal. Redis repeats the words of a command that it does not know, and
// one of them may be a password.
func (r *replies) refuse(command string, line []byte) {
	if r.refused != nil {
		return
	}
	text, _, _ := strings.Cut(string(line[1:]), ", with args")
	if r.secret != "" {
		text = strings.ReplaceAll(text, r.secret, "***")
	}
	r.refused = fmt.Errorf("%s: %w", command, refusal(shown(text)))
}
