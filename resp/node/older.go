package node

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
)

// CLIENT LIST is the one long answer: a Redis has tens of thousands of clients, and each of
// them may give itself a name of any length. So it is read as it comes, past go-redis, and
// nothing is kept of it but the numbers of those that are to be ended.

const (
	// maxClients is for the whole list, in bytes: nothing of it is kept.
	maxClients = 1 << 30
	// maxClient is what is looked at of one client. Its number and its name come first.
	maxClient = 4 << 10
	// mostEnded is how many are ended before the list is asked for anew, mostLists how often
	// it is asked for.
	mostEnded = 1000
	mostLists = 8
)

var askClients = command(nil, "CLIENT", "LIST")

// errManyOlder is no leader's doing: each has a few connections.
var errManyOlder = fmt.Errorf("client list: more than %d connections of older leaders", mostEnded*mostLists)

// KillOlder ends the connections whose names are those of older leaders, or of older
// connections of this one: commands that are still on their way die with them. It ends none
// where older fails at a name, and returns its error. Of a name that is longer than a leader
// gives, older gets the beginning.
func (c *Conn) KillOlder(ctx context.Context, older func(name string) (bool, error)) error {
	for range mostLists {
		ids, err := c.older(ctx, older)
		if err != nil {
			return briefly(err)
		}
		if err := c.kill(ctx, ids); err != nil || len(ids) < mostEnded {
			return briefly(err)
		}
	}
	return errManyOlder
}

func (c *Conn) kill(ctx context.Context, ids []uint64) error {
	if len(ids) == 0 {
		return nil
	}
	client := c.begin()
	defer c.done()
	_, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, id := range ids {
			p.Do(ctx, "CLIENT", "KILL", "ID", id)
		}
		return nil
	})
	return err
}

// older lists up to mostEnded of them.
func (c *Conn) older(ctx context.Context, older func(name string) (bool, error)) ([]uint64, error) {
	c.turn.Lock() // no answer of go-redis is outstanding
	defer c.turn.Unlock()
	by := time.Now().Add(c.opts.Timeout)
	if sooner, is := ctx.Deadline(); is && sooner.Before(by) {
		by = sooner
	}
	conn := c.pulse.conn
	_ = conn.SetDeadline(by) // where it fails, so does the next
	_, err := conn.Write(askClients)
	if err != nil {
		c.pulse.Close()
		return nil, err
	}
	var ids []uint64
	var wrong error // ends the looking, not the reading
	err = clients(conn, func(id uint64, name string) {
		if wrong != nil {
			return
		}
		var is bool
		if is, wrong = older(name); is && len(ids) < mostEnded {
			ids = append(ids, id)
		}
	})
	if _, refused := errors.AsType[refusal](err); err != nil && !refused {
		c.pulse.Close() // what is left of the answer must not be taken for the next one
	}
	if err = cmp.Or(err, wrong); err != nil {
		return nil, err
	}
	return ids, nil
}

// clients reads the answer to CLIENT LIST to its end.
func clients(conn io.Reader, each func(id uint64, name string)) error {
	in := bufio.NewReaderSize(conn, maxLine)
	length, err := bulkLength(in)
	if err != nil {
		return fmt.Errorf("client list: %w", err)
	}
	text := &io.LimitedReader{R: in, N: int64(length)}
	lines := bufio.NewReaderSize(text, maxClient)
	name := "" // clients of one kind have one name, and it is kept once
	for more := false; ; {
		line, part, err := lines.ReadLine()
		if err != nil && text.N > 0 {
			return fmt.Errorf("client list: %w", err)
		}
		if err != nil {
			break // all is read
		}
		if id, called, is := clientOf(line); is && !more {
			if string(called) != name {
				name = string(called)
			}
			each(id, name)
		}
		more = part
	}
	var end [2]byte
	switch _, err := io.ReadFull(in, end[:]); {
	case err != nil:
		return fmt.Errorf("client list: %w", err)
	case string(end[:]) != "\r\n":
		return errNoLine
	case in.Buffered() > 0:
		return errSurplus
	}
	return nil
}

// bulkLength reads the header of one.
func bulkLength(in *bufio.Reader) (int, error) {
	line, err := in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return 0, errLongLine
	case err != nil:
		return 0, err
	case len(line) < 3 || line[len(line)-2] != '\r':
		return 0, errNoLine
	}
	line = line[:len(line)-2]
	switch line[0] {
	case '-':
		return 0, refusal(shown(string(line[1:])))
	case '$':
		n, err := size(line, maxClients)
		return max(0, n), err
	}
	return 0, fmt.Errorf("reply: not what was asked for, but a %q", line[:1])
}

// clientOf reads the number and the name of one: id=7 addr=10.0.0.1:50000 fd=8 name=app age=1
// and so on. Redis lets nobody have a name with a space.
func clientOf(line []byte) (id uint64, name []byte, is bool) {
	rest, numbered := bytes.CutPrefix(line, []byte("id="))
	number, rest, _ := bytes.Cut(rest, []byte(" "))
	_, rest, named := bytes.Cut(rest, []byte("name="))
	if !numbered || !named {
		return 0, nil, false
	}
	id, err := strconv.ParseUint(string(number), 10, 64)
	text, _, _ := bytes.Cut(rest, []byte(" "))
	return id, text, err == nil && id > 0
}
