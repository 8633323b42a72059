package node

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// pollEvery is how often a replica is asked whether it has caught up: about one
// round trip, since writes stand still meanwhile.
const pollEvery = 300 * time.Microsecond

// drainWithin is how long a replica may take to notice that its master's
// connection has ended, before it is detached all the same.
const drainWithin = 20 * time.Millisecond

// linkedWithin is how long the end of a master's process may take to be the end of its
// replica's link: a process short of CPU closes its connections one by one.
const linkedWithin = 100 * time.Millisecond

// sections are those of INFO that the state is read from.
var sections = [...]string{"server", "replication", "persistence", "keyspace"}

// pulseSections are what a Pulse reads: these, and those that tell of strain. The latter
// are long and of no use to an order, which has less time.
var pulseSections = [len(sections) + 2]string{"server", "replication", "persistence", "keyspace", "stats", "memory"}

// Snapshot reads the state of the process in one transaction.
func (c *Conn) Snapshot(ctx context.Context) (sentinel.Snapshot, error) {
	return c.exec(ctx, nil)
}

// Freeze points a replica at nowhere. It lets the replica read its old link to the
// end first: REPLICAOF closes that link, and writes that have arrived but were not
// read yet would be lost with it. A replica whose link leads to one of the addresses in
// unless, and does not end, is left as it is.
func (c *Conn) Freeze(ctx context.Context, unless ...sentinel.Addr) (sentinel.Snapshot, error) {
	for began := time.Now(); ; time.Sleep(pollEvery) {
		s, err := c.Snapshot(ctx)
		switch linked, took := s.LinkedTo(unless...), time.Since(began); {
		case err != nil, linked && took >= linkedWithin:
			return s, err
		case !linked && (!s.LinkUp || took >= drainWithin):
			return c.Demote(ctx)
		}
	}
}

// Detach does it to one whose state cannot be read: no transaction with INFO passes there.
func (c *Conn) Detach(ctx context.Context) error {
	client := c.begin()
	defer c.done()
	return briefly(client.Do(ctx, "REPLICAOF", sentinel.Nowhere.Host, sentinel.Nowhere.PortString()).Err())
}

// Demote points the process at nowhere at once.
func (c *Conn) Demote(ctx context.Context) (sentinel.Snapshot, error) {
	return c.exec(ctx, func(tx redis.Pipeliner) { replicaOf(ctx, tx, sentinel.Nowhere) })
}

// flush is a script because Redis refuses a write at once where it is a replica, before the
// transaction that makes it none.
const flush = "return redis.call('FLUSHALL', 'ASYNC')"

// Empty drops all that a replica of nobody has, in one transaction, after which it is a
// replica of nobody still.
func (c *Conn) Empty(ctx context.Context) (sentinel.Snapshot, error) {
	s, err := c.exec(ctx, func(tx redis.Pipeliner) {
		tx.ConfigSet(ctx, "min-replicas-to-write", "0")
		tx.Do(ctx, "REPLICAOF", "NO", "ONE")
		tx.Do(ctx, "EVAL", flush, "0")
		replicaOf(ctx, tx, sentinel.Nowhere)
	})
	if err == nil && s.Keys > 0 {
		err = fmt.Errorf("FLUSHALL left %d keys", s.Keys)
	}
	return s, err
}

// Promote makes the process a master that refuses writes while fewer than
// minReplicas follow it.
func (c *Conn) Promote(ctx context.Context, minReplicas int, maxLag time.Duration) (sentinel.Snapshot, error) {
	s, err := c.exec(ctx, func(tx redis.Pipeliner) {
		fence(ctx, tx, minReplicas, maxLag)
		tx.Do(ctx, "REPLICAOF", "NO", "ONE")
	})
	if err == nil && s.Role != sentinel.RoleMaster {
		err = fmt.Errorf("REPLICAOF NO ONE left the role at %s", s.Role)
	}
	return s, err
}

// SetFence changes how many replicas a master needs to take writes.
func (c *Conn) SetFence(ctx context.Context, minReplicas int, maxLag time.Duration) (sentinel.Snapshot, error) {
	return c.exec(ctx, func(tx redis.Pipeliner) { fence(ctx, tx, minReplicas, maxLag) })
}

// fence sends one setting a command: before 7.0 CONFIG SET takes no more. The ping
// period goes with it: an idle replica can tell that it hears of its master only as
// often as the master says something.
func fence(ctx context.Context, tx redis.Pipeliner, minReplicas int, maxLag time.Duration) {
	tx.ConfigSet(ctx, "repl-ping-replica-period", "1")
	tx.ConfigSet(ctx, "min-replicas-max-lag", strconv.Itoa(int(maxLag.Seconds())))
	tx.ConfigSet(ctx, "min-replicas-to-write", strconv.Itoa(minReplicas))
}

// Pill demotes the process and cuts its clients. A frozen process finds it in its
// socket when it wakes, before the writes that clients sent later. What it becomes is read
// afterwards: a transaction with INFO does nothing where that is refused.
func (c *Conn) Pill(ctx context.Context) (sentinel.Snapshot, error) {
	if err := c.swallow(ctx); err != nil {
		return sentinel.Snapshot{}, err
	}
	return c.Snapshot(ctx)
}

func (c *Conn) swallow(ctx context.Context) error {
	client := c.begin()
	defer c.done()
	cmds, err := client.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		replicaOf(ctx, tx, sentinel.Nowhere)
		cutClients(ctx, tx)
		return nil
	})
	if err != nil {
		return briefly(fmt.Errorf("%s: %w", failed(cmds), err))
	}
	return nil
}

func cutClients(ctx context.Context, tx redis.Pipeliner) {
	tx.Do(ctx, "CLIENT", "KILL", "TYPE", "normal")
	tx.Do(ctx, "CLIENT", "KILL", "TYPE", "pubsub")
}

// Follow points the process at a master. With cut it closes the connections of
// all its clients in the same transaction, and lets go of writes still paused.
func (c *Conn) Follow(ctx context.Context, master sentinel.Addr, cut bool) (sentinel.Snapshot, error) {
	follow := func(tx redis.Pipeliner) { replicaOf(ctx, tx, master) }
	if !cut {
		return c.exec(ctx, follow)
	}
	s, err := c.cut(ctx, follow)
	if err == nil {
		_ = c.Unpause(ctx) // only spares late clients a wait; unknown before 6.2
	}
	return s, err
}

// Pause stops writes for at most d (CLIENT PAUSE ... WRITE, since Redis 6.2).
func (c *Conn) Pause(ctx context.Context, d time.Duration) (sentinel.Snapshot, error) {
	return c.exec(ctx, func(tx redis.Pipeliner) { tx.Do(ctx, "CLIENT", "PAUSE", d.Milliseconds(), "WRITE") })
}

// Unpause lets writes go on.
func (c *Conn) Unpause(ctx context.Context) error {
	client := c.begin()
	defer c.done()
	return briefly(client.Do(ctx, "CLIENT", "UNPAUSE").Err())
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

func replicaOf(ctx context.Context, tx redis.Pipeliner, master sentinel.Addr) {
	tx.Do(ctx, "REPLICAOF", master.Host, master.PortString())
}

// exec runs change and the reading of the state in one transaction.
func (c *Conn) exec(ctx context.Context, change func(redis.Pipeliner)) (sentinel.Snapshot, error) {
	var info [len(sections)]*redis.StringCmd
	client := c.begin()
	defer c.done()
	cmds, err := client.TxPipelined(ctx, func(tx redis.Pipeliner) error {
		if change != nil {
			change(tx)
		}
		for i, section := range sections {
			info[i] = tx.Info(ctx, section)
		}
		return nil
	})
	if err != nil {
		return sentinel.Snapshot{}, briefly(fmt.Errorf("%s: %w", failed(cmds), err))
	}
	var texts [len(info) + 1]string // the last one is empty: INFO ends with a line's end
	for i, part := range info {
		texts[i] = part.Val()
	}
	return parse(strings.Join(texts[:], "\r\n"))
}

// failed names the command that was refused; its arguments may hold no secret.
func failed(cmds []redis.Cmder) string {
	for _, cmd := range cmds {
		if cmd.Err() != nil {
			return cmd.FullName()
		}
	}
	return "exec"
}
