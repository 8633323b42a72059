package node

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// What answers at a pod's address need not be a Redis, and a reply may announce
// absurd sizes. No more room is made than has come. A Redis with tens of thousands of
// clients stays below.
const (
	maxLine     = 4 << 10
	maxBulk     = 32 << 20
	maxElements = 1 << 20
	maxDepth    = 8
	// step is how much room is made for a bulk at once, keep how much stays for the next.
	step = 64 << 10
	keep = 64 << 10
)

// errUnasked: replies could not be told apart any more.
var errUnasked = errors.New("reply: more than was asked for")

// refusal is an error that Redis answered with.
type refusal string

// Error is the text as Redis wrote it.
func (r refusal) Error() string { return string(r) }

func (r refusal) begins(word string) bool { return strings.HasPrefix(string(r), word) }

func asRefusal(err error) (refusal, bool) { return errors.AsType[refusal](err) }

// IsAuthError tells that Redis wants another user or password.
func IsAuthError(err error) bool {
	said, refused := asRefusal(err)
	return refused && (said.begins("NOAUTH") || said.begins("WRONGPASS") || said.begins("ERR invalid password") ||
		said.begins("ERR AUTH") || said.begins("ERR Client sent AUTH"))
}

// replies reads what comes back on a connection.
type replies struct {
	buffer *bufio.Reader
	bulk   []byte // room for the last text
	parser parser
}

func newReplies() *replies { return &replies{buffer: bufio.NewReaderSize(nil, maxLine)} }

func (r *replies) begin(from io.Reader) { r.buffer.Reset(from) }

// end lets go of the connection and of much room.
func (r *replies) end() {
	r.buffer.Reset(nil)
	if cap(r.bulk) > keep {
		r.bulk = nil
	}
}

// rest tells that more has come than was read.
func (r *replies) rest() bool { return r.buffer.Buffered() > 0 }

// line is the first byte of a reply and what follows it.
func (r *replies) line() (kind byte, text []byte, err error) {
	text, err = r.buffer.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return 0, nil, fmt.Errorf("reply: a line of more than %d bytes", maxLine)
	case err != nil:
		return 0, nil, noEOF(err)
	}
	text = bytes.TrimSuffix(text[:len(text)-1], []byte("\r"))
	if len(text) == 0 {
		return 0, nil, errors.New("reply: an empty line")
	}
	return text[0], text[1:], nil
}

// text reads one reply that is no array; it is valid until the next one. Null is nil.
func (r *replies) text() ([]byte, error) {
	kind, line, err := r.line()
	if err != nil {
		return nil, err
	}
	switch kind {
	case '+', ':':
		return line, nil
	case '-':
		return nil, refusal(line)
	case '$':
		return r.body(line)
	default:
		return nil, fmt.Errorf("reply: %q, want a text", kind)
	}
}

func (r *replies) body(announced []byte) ([]byte, error) {
	size, err := number(announced, maxBulk)
	if err != nil || size < 0 {
		return nil, err
	}
	r.bulk = r.bulk[:0]
	for whole := size + len("\r\n"); len(r.bulk) < whole; {
		had := len(r.bulk)
		if room := min(whole-had, step); cap(r.bulk)-had < room {
			grown := make([]byte, had, max(had+room, min(2*had, whole)))
			copy(grown, r.bulk)
			r.bulk = grown
		}
		r.bulk = r.bulk[:min(whole, had+step)]
		if _, err := io.ReadFull(r.buffer, r.bulk[had:]); err != nil {
			return nil, noEOF(err)
		}
	}
	if string(r.bulk[size:]) != "\r\n" {
		return nil, errors.New("reply: a text is longer than it announced")
	}
	return r.bulk[:size], nil
}

// array reads how many replies follow. Null, as of an EXEC that was not done, is -1.
func (r *replies) array() (int, error) {
	kind, line, err := r.line()
	switch {
	case err != nil:
		return 0, err
	case kind == '-':
		return 0, refusal(line)
	case kind != '*':
		return 0, fmt.Errorf("reply: %q, want an array", kind)
	}
	return number(line, maxElements)
}

// skip reads one reply of any kind; a refusal within it is one of it.
func (r *replies) skip() error { return r.skipTo(0) }

func (r *replies) skipTo(depth int) error {
	kind, line, err := r.line()
	if err != nil {
		return err
	}
	switch kind {
	case '+', ':':
		return nil
	case '-':
		return refusal(line)
	case '$':
		_, err := r.body(line)
		return err
	case '*':
		return r.skipElements(line, depth+1)
	default:
		return fmt.Errorf("reply: of the kind %q", kind)
	}
}

func (r *replies) skipElements(line []byte, depth int) error {
	n, err := number(line, maxElements)
	if err == nil && depth > maxDepth {
		err = fmt.Errorf("reply: more than %d arrays within each other", maxDepth)
	}
	var refused error
	for i := 0; i < n && err == nil; i++ {
		if err = r.skipTo(depth); err != nil {
			if _, is := asRefusal(err); is {
				refused, err = err, nil
			}
		}
	}
	if err == nil {
		err = refused
	}
	return err
}

// number is one from -1 to most.
func number(text []byte, most int) (int, error) {
	n, err := strconv.Atoi(string(text))
	if err != nil || n < -1 || n > most {
		return 0, fmt.Errorf("reply: %q announces more than %d", text[:min(len(text), 32)], most)
	}
	return n, nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errLost
	}
	return err
}
