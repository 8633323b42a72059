package node

import (
	"context"
	"errors"
	"os"
	"strconv"
	"sync"
	"time"
)

// errLost is what every command gets once the connection has ended.
var errLost = errors.New("connection lost")

// script is a number of commands, written as Redis reads them.
type script struct {
	bytes []byte
	names []string // for errors
}

func newScript(args ...string) script {
	var s script
	s.add(args...)
	return s
}

// add appends a command.
func (s *script) add(args ...string) {
	s.names = append(s.names, args[0])
	s.bytes = strconv.AppendInt(append(s.bytes, '*'), int64(len(args)), 10)
	for _, arg := range args {
		s.bytes = strconv.AppendInt(append(s.bytes, "\r\n$"...), int64(len(arg)), 10)
		s.bytes = append(append(s.bytes, "\r\n"...), arg...)
	}
	s.bytes = append(s.bytes, "\r\n"...)
}

// readers are lent to a connection while it waits for replies.
var readers = sync.Pool{New: func() any { return newReplies() }}

// exchange sends a script and lets read take the replies, all of them also when one
// is a refusal. Any other error means that it is not known what else the connection
// would say, so it is closed. The end of ctx does not interrupt a command that was
// sent; its deadline does.
func (c *Conn) exchange(ctx context.Context, send script, read func(*replies) error) error {
	deadline := time.Now().Add(c.timeout)
	if err := c.take(ctx, deadline); err != nil {
		return err
	}
	defer func() { <-c.turn }()
	if c.isOver() {
		return errLost
	}
	deadline = time.Now().Add(c.timeout)
	if at, bounded := ctx.Deadline(); bounded && at.Before(deadline) {
		deadline = at
	}
	r := readers.Get().(*replies)
	r.begin(c.net)
	err := c.net.SetDeadline(deadline)
	if err == nil {
		_, err = c.net.Write(send.bytes)
	}
	if err == nil {
		err = read(r)
	}
	if _, refused := asRefusal(err); (err == nil || refused) && r.rest() {
		err = errUnasked
	}
	r.end()
	readers.Put(r)
	if _, refused := asRefusal(err); err != nil && !refused {
		c.Close()
	}
	return err
}

// take waits until no other command is under way.
func (c *Conn) take(ctx context.Context, deadline time.Time) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case c.turn <- struct{}{}:
		return nil
	default:
	}
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	select {
	case c.turn <- struct{}{}:
		return nil
	case <-timer.C:
		return os.ErrDeadlineExceeded
	case <-ctx.Done():
		return ctx.Err()
	}
}

// isOver: a command must not be sent to a process that has gone, where it could only
// fail, and later.
func (c *Conn) isOver() bool {
	select {
	case <-c.lost:
		return true
	default:
		return false
	}
}
