package node

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
)

// What answers at a pod's address need not be a Redis. go-redis makes room for whatever a
// reply announces, and goes as deep as arrays lie in each other, until there is no memory or
// no stack left. So replies are looked at before it sees them. Bounded is one reply, however
// it is composed: go-redis forgets one before it reads the next.
//
// The connection speaks RESP2 (options), and what is asked on it has short answers: the
// longest is that to a transaction with INFO, the deepest that to HELLO, where modules lie
// in an array, each with its arguments in another one.
const (
	// maxReply is for the bytes of one, those that it announces included. A master with a
	// thousand replicas tells a tenth of it.
	maxReply = 1 << 20
	// maxLine is for what ends with a line: a status, a number, an error. Redis repeats at
	// most 128 bytes of what it was told.
	maxLine = 4 << 10
	// maxElements is for the arrays of a reply in all. HELLO of a Redis with six modules has
	// a hundred.
	maxElements = 1024
	// maxDepth is how deep arrays may lie in each other: twice as deep as in HELLO.
	maxDepth = 8
)

var errLongLine = fmt.Errorf("reply: a line of more than %d bytes", maxLine)

// guarded is a connection on which only what a Redis may say passes.
type guarded struct {
	net.Conn
	guard guard
}

// Read is called by one goroutine at a time: by that of the command under way.
func (g *guarded) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if n > 0 {
		if wrong := g.guard.pass(p[:n]); wrong != nil {
			_ = g.Close()
			return 0, wrong
		}
	}
	return n, err
}

// guard follows replies as their bytes pass, and keeps none of them but the beginning of a
// line that has not ended.
type guard struct {
	head [maxHeader]byte
	line int  // bytes of the line so far
	last byte // of it
	body int  // bytes of a bulk that are still to come

	open     [maxDepth]int // elements that are still to come, of each array that is open
	depth    int
	size     int // of the reply so far, with what it announced
	elements int
}

// maxHeader is room for a header that announces what is allowed.
const maxHeader = 16

// pass tells what is wrong with the next bytes, if anything is.
func (g *guard) pass(p []byte) error {
	for len(p) > 0 {
		if g.body > 0 {
			n := min(g.body, len(p))
			if g.body, p = g.body-n, p[n:]; g.body == 0 {
				g.complete()
			}
			continue
		}
		part, rest, ended := bytes.Cut(p, []byte("\n"))
		if err := g.take(part); err != nil || !ended {
			return err
		}
		if err := g.header(); err != nil {
			return err
		}
		g.line, p = 0, rest
	}
	return nil
}

// take adds a part of a line.
func (g *guard) take(part []byte) error {
	if len(part) == 0 {
		return nil
	}
	if g.line < len(g.head) {
		copy(g.head[g.line:], part)
	}
	g.line += len(part)
	g.last = part[len(part)-1]
	if g.line > maxLine {
		return errLongLine
	}
	return nil
}

// header looks at a whole line.
func (g *guard) header() error {
	if g.line < 2 || g.last != '\r' {
		return errNoLine
	}
	line := g.head[:min(g.line-1, len(g.head))]
	if err := g.grow(g.line + 1); err != nil {
		return err
	}
	switch line[0] {
	case '+', '-', ':':
		g.complete()
		return nil
	case '$':
		return g.bulk(line)
	case '*':
		return g.array(line)
	}
	return fmt.Errorf("reply: %q is no RESP2", line)
}

func (g *guard) bulk(line []byte) error {
	n, err := size(line, maxReply)
	switch {
	case err != nil:
		return err
	case n < 0:
		g.complete()
		return nil
	}
	g.body = n + len("\r\n")
	return g.grow(g.body)
}

func (g *guard) array(line []byte) error {
	n, err := size(line, maxElements)
	switch {
	case err != nil:
		return err
	case n <= 0:
		g.complete()
		return nil
	}
	if g.elements += n; g.elements > maxElements {
		return fmt.Errorf("reply: more than %d elements", maxElements)
	}
	if g.depth == maxDepth {
		return fmt.Errorf("reply: arrays lie more than %d deep", maxDepth)
	}
	g.open[g.depth] = n
	g.depth++
	return nil
}

func (g *guard) grow(n int) error {
	if g.size += n; g.size > maxReply {
		return errTooMuch
	}
	return nil
}

// complete ends an element, the arrays whose last one it is, and with the outermost the reply.
func (g *guard) complete() {
	for ; g.depth > 0; g.depth-- {
		if g.open[g.depth-1]--; g.open[g.depth-1] > 0 {
			return
		}
	}
	g.size, g.elements = 0, 0
}

// size is what the header of a bulk or an array announces, -1 for none. It is strict: what
// go-redis might read in another way passes for no number.
func size(line []byte, most int) (int, error) {
	digits := line[1:]
	if string(digits) == "-1" {
		return -1, nil
	}
	n, err := strconv.ParseUint(string(digits), 10, 31)
	if err != nil || n > uint64(most) || len(digits) > 1 && digits[0] == '0' {
		return 0, fmt.Errorf("reply: %q announces more than %d", line[:min(len(line), 32)], most)
	}
	return int(n), nil
}
