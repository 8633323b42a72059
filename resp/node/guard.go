package node

import (
	"bytes"
	"fmt"
	"net"
	"strconv"
)

// What answers at a pod's address need not be a Redis. go-redis makes room for whatever
// a reply announces, and ends the program at an absurd number, so replies are looked at
// before it sees them. A Redis with tens of thousands of clients stays below.
const (
	maxLine     = 64 << 10
	maxBulk     = 32 << 20
	maxElements = 1 << 20
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
			return 0, wrong // go-redis closes a connection that it could not read from
		}
	}
	return n, err
}

// guard follows the headers of replies as their bytes pass.
type guard struct {
	line []byte // of a header that has not ended yet
	body int    // bytes of a bulk that are still to come
}

// pass tells what is wrong with the next bytes, if anything is.
func (g *guard) pass(p []byte) error {
	for len(p) > 0 {
		if g.body > 0 {
			n := min(g.body, len(p))
			g.body -= n
			p = p[n:]
			continue
		}
		head, rest, ended := bytes.Cut(p, []byte("\n"))
		if g.line = append(g.line, head...); len(g.line) > maxLine {
			return errLongLine
		}
		if !ended {
			return nil
		}
		if err := g.header(bytes.TrimSuffix(g.line, []byte("\r"))); err != nil {
			return err
		}
		g.line, p = g.line[:0], rest
	}
	return nil
}

func (g *guard) header(line []byte) error {
	if len(line) == 0 {
		return nil
	}
	most := 0
	switch line[0] {
	case '$', '=', '!':
		most = maxBulk
	case '*', '%', '~', '>', '|':
		most = maxElements
	default:
		return nil
	}
	n, err := size(line, most)
	if err == nil && most == maxBulk && n >= 0 {
		g.body = n + len("\r\n")
	}
	return err
}

// size is what the header of a bulk or an array announces, -1 for none.
func size(line []byte, most int) (int, error) {
	n, err := strconv.Atoi(string(line[1:]))
	if err != nil || n < -1 || n > most {
		return 0, fmt.Errorf("reply: %q announces more than %d", line[:min(len(line), 32)], most)
	}
	return n, nil
}
