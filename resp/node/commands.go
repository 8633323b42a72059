package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// pollEvery is how often a replica is asked whether it has caught up: about one
// round trip, since writes stand still meanwhile.
const pollEvery = 300 * time.Microsecond

// drainWithin is how long a replica may take to notice that its master's
// connection has ended, before it is detached all the same.
const drainWithin = 20 * time.Millisecond

// Snapshot reads the state of the process in one transaction.
func (c *Conn) Snapshot(ctx context.Context) (sentinel.Snapshot, error) {
	return c.exec(ctx, script{}, script{})
}

// run carries out a change and reads the state, in one transaction.
func (c *Conn) run(ctx context.Context, change script) (sentinel.Snapshot, error) {
	return c.exec(ctx, script{}, change)
}

// Freeze points a replica at nowhere. It lets the replica read its old link to the
// end first: REPLICAOF closes that link, and writes that have arrived but were not
// read yet would be lost with it.
func (c *Conn) Freeze(ctx context.Context) (sentinel.Snapshot, error) {
	for deadline := time.Now().Add(drainWithin); time.Now().Before(deadline); {
		s, err := c.Snapshot(ctx)
		if err != nil {
			return s, err
		}
		if !s.LinkUp {
			break
		}
		time.Sleep(pollEvery)
	}
	return c.Demote(ctx)
}

// Demote points the process at nowhere at once.
func (c *Conn) Demote(ctx context.Context) (sentinel.Snapshot, error) {
	return c.run(ctx, newScript("REPLICAOF", sentinel.Nowhere.Host, sentinel.Nowhere.PortString()))
}

// Promote makes the process a master that refuses writes while fewer than
// minReplicas follow it.
func (c *Conn) Promote(ctx context.Context, minReplicas int, maxLag time.Duration) (sentinel.Snapshot, error) {
	change := fence(minReplicas, maxLag)
	change.add("REPLICAOF", "NO", "ONE")
	s, err := c.run(ctx, change)
	if err == nil && s.Role != sentinel.RoleMaster {
		err = fmt.Errorf("REPLICAOF NO ONE left the role at %s", s.Role)
	}
	return s, err
}

// SetFence changes how many replicas a master needs to take writes.
func (c *Conn) SetFence(ctx context.Context, minReplicas int, maxLag time.Duration) (sentinel.Snapshot, error) {
	return c.run(ctx, fence(minReplicas, maxLag))
}

// fence sends one setting a command: before 7.0 CONFIG SET takes no more. The ping
// period goes with it: an idle replica can tell that it hears of its master only as
// often as the master says something.
func fence(minReplicas int, maxLag time.Duration) script {
	var s script
	s.add("CONFIG", "SET", "repl-ping-replica-period", "1")
	s.add("CONFIG", "SET", "min-replicas-max-lag", strconv.Itoa(int(maxLag.Seconds())))
	s.add("CONFIG", "SET", "min-replicas-to-write", strconv.Itoa(minReplicas))
	return s
}

// Pill demotes the process and cuts its clients. A frozen process finds it in its
// socket when it wakes, before the writes that clients sent later.
func (c *Conn) Pill(ctx context.Context) (sentinel.Snapshot, error) {
	change := newScript("REPLICAOF", sentinel.Nowhere.Host, sentinel.Nowhere.PortString())
	cutClients(&change)
	return c.run(ctx, change)
}

func cutClients(s *script) {
	s.add("CLIENT", "KILL", "TYPE", "normal")
	s.add("CLIENT", "KILL", "TYPE", "pubsub")
}

// KillOlder ends the connections whose name is prefix and a number below term, or term
// itself, a dot and more, except those to be kept: commands of an older leader, or of
// an older connection, that are still on their way die with them. It ends none and
// returns sentinel.ErrOvertaken when there is one of a later term.
func (c *Conn) KillOlder(ctx context.Context, prefix string, term uint64, keep ...string) error {
	var list string
	err := c.exchange(ctx, newScript("CLIENT", "LIST"), func(r *replies) error {
		text, err := r.text()
		list = string(text)
		return err
	})
	if err != nil {
		return err
	}
	older, err := olderConns(list, prefix, term, keep)
	if err != nil {
		return err
	}
	for _, id := range older {
		if err := c.do(ctx, newScript("CLIENT", "KILL", "ID", id)); err != nil {
			return err
		}
	}
	return nil
}

// olderConns are the ids of the connections in a CLIENT LIST that KillOlder ends.
func olderConns(list, prefix string, term uint64, keep []string) (ids []string, err error) {
	for line := range strings.Lines(list) {
		var id, name string
		for field := range strings.FieldsSeq(line) {
			switch field, value, _ := strings.Cut(field, "="); field {
			case "id":
				id = value
			case "name":
				name = value
			}
		}
		rest, ours := strings.CutPrefix(name, prefix)
		number, _, _ := strings.Cut(rest, ".")
		n, err := strconv.ParseUint(number, 10, 64)
		switch {
		case !ours || err != nil || slices.Contains(keep, name):
		case n > term:
			return nil, fmt.Errorf("%w, in term %d; this one in term %d", sentinel.ErrOvertaken, n, term)
		default:
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// do gives one command whose answer says nothing but whether it was done.
func (c *Conn) do(ctx context.Context, command script) error {
	return c.exchange(ctx, command, (*replies).skip)
}

// Follow points the process at a master. With cut it closes the connections of
// all its clients in the same transaction, and lets go of writes still paused.
func (c *Conn) Follow(ctx context.Context, master sentinel.Addr, cut bool) (sentinel.Snapshot, error) {
	change := newScript("REPLICAOF", master.Host, master.PortString())
	if cut {
		cutClients(&change)
	}
	s, err := c.run(ctx, change)
	if err == nil && cut {
		_ = c.Unpause(ctx) // only spares late clients a wait; unknown before 6.2
	}
	return s, err
}

// Pause stops writes for at most d (CLIENT PAUSE ... WRITE, since Redis 6.2).
func (c *Conn) Pause(ctx context.Context, d time.Duration) (sentinel.Snapshot, error) {
	return c.run(ctx, newScript("CLIENT", "PAUSE", strconv.FormatInt(d.Milliseconds(), 10), "WRITE"))
}

// Unpause lets writes go on.
func (c *Conn) Unpause(ctx context.Context) error {
	return c.do(ctx, newScript("CLIENT", "UNPAUSE"))
}

// AwaitOffset waits until a replica has taken in the stream up to offset.
func (c *Conn) AwaitOffset(ctx context.Context, offset int64, within time.Duration) (sentinel.Snapshot, error) {
	deadline := time.Now().Add(within)
	for {
		s, err := c.Snapshot(ctx)
		switch {
		case err != nil:
			return s, err
		case s.Role != sentinel.RoleReplica || !s.LinkUp:
			return s, errors.New("its link to the master is down")
		case s.ReplicaOffset >= offset && s.Offset >= offset:
			return s, nil
		case time.Now().After(deadline):
			return s, fmt.Errorf("%d bytes behind after %s", offset-s.ReplicaOffset, within)
		}
		select {
		case <-ctx.Done():
			return s, ctx.Err()
		case <-time.After(pollEvery):
		}
	}
}
