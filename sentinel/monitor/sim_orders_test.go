package monitor_test

import (
	"context"
	"errors"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The commands of a connection, as resp/node/commands.go composes them.

const (
	drainWithin = 20 * time.Millisecond
	drainEvery  = 2 * time.Millisecond
	awaitEvery  = time.Millisecond
	// linkedWithin is how long a link may take to end.
	linkedWithin = 100 * time.Millisecond
)

func (c *conn) Snapshot(ctx context.Context) (sentinel.Snapshot, error) {
	return c.exec(ctx, "", func(*process) {})
}

// Freeze lets a replica read its link to the end first, and leaves it alone if that does not
// end and leads there.
func (c *conn) Freeze(ctx context.Context, unless ...sentinel.Addr) (sentinel.Snapshot, error) {
	for began := time.Now(); ; time.Sleep(drainEvery) {
		s, err := c.Snapshot(ctx)
		linked, took := s.LinkedTo(unless...), time.Since(began)
		if err != nil || linked && took >= linkedWithin {
			return s, err
		}
		if !linked && (!s.LinkUp || took >= drainWithin) {
			break
		}
	}
	return c.exec(ctx, "Freeze", func(r *process) { r.replicaOf(sentinel.Nowhere) })
}

func (c *conn) Detach(ctx context.Context) error {
	value, err := c.exchange(ctx, func(r *process) any {
		if r.refuses["Freeze"] {
			return errRefused
		}
		r.replicaOf(sentinel.Nowhere)
		return nil
	})
	if refused, is := value.(error); is {
		return refused
	}
	return err
}

func (c *conn) Demote(ctx context.Context) (sentinel.Snapshot, error) {
	return c.exec(ctx, "Demote", func(r *process) { r.replicaOf(sentinel.Nowhere) })
}

func (c *conn) Empty(ctx context.Context) (sentinel.Snapshot, error) {
	return c.exec(ctx, "Empty", func(r *process) { r.empty() })
}

func (c *conn) Promote(ctx context.Context, minReplicas int, maxLag time.Duration) (sentinel.Snapshot, error) {
	return c.exec(ctx, "Promote", func(r *process) {
		r.setFence(minReplicas, maxLag)
		r.promote()
	})
}

func (c *conn) SetFence(ctx context.Context, minReplicas int, maxLag time.Duration) (sentinel.Snapshot, error) {
	return c.exec(ctx, "SetFence", func(r *process) { r.setFence(minReplicas, maxLag) })
}

func (c *conn) Pill(ctx context.Context) (sentinel.Snapshot, error) {
	c.v.ordered("Pill", c.process.pod.Name)
	_, err := c.exchange(ctx, func(r *process) any {
		r.w.count("pill swallowed")
		r.w.tell("%s swallows the pill", r.pod.Name)
		r.replicaOf(sentinel.Nowhere)
		r.cutClients(c.wire)
		return nil
	})
	if err != nil {
		return sentinel.Snapshot{}, err
	}
	return c.Snapshot(ctx)
}

func (c *conn) Follow(ctx context.Context, master sentinel.Addr, cut bool) (sentinel.Snapshot, error) {
	s, err := c.exec(ctx, "Follow", func(r *process) {
		r.replicaOf(master)
		if cut {
			r.cutClients(c.wire)
		}
	})
	if err == nil && cut {
		_ = c.Unpause(ctx)
	}
	return s, err
}

func (c *conn) CutLate(ctx context.Context) (sentinel.Snapshot, error) {
	return c.exec(ctx, "CutLate", func(r *process) { r.cutClients(c.wire) })
}

func (c *conn) Pause(ctx context.Context, d time.Duration) (sentinel.Snapshot, error) {
	return c.exec(ctx, "Pause", func(r *process) { r.pause(d) })
}

func (c *conn) Unpause(ctx context.Context) error {
	_, err := c.exec(ctx, "Unpause", func(r *process) { r.resume() })
	return err
}

func (c *conn) AwaitOffset(ctx context.Context, offset int64, within time.Duration) (sentinel.Snapshot, error) {
	c.v.ordered("AwaitOffset", c.process.pod.Name)
	for end := time.Now().Add(within); ; time.Sleep(awaitEvery) {
		s, err := c.Snapshot(ctx)
		switch {
		case err != nil:
			return s, err
		case s.Role != sentinel.RoleReplica || !s.LinkUp:
			return s, errors.New("its link to the master is down")
		case s.ReplicaOffset >= offset:
			return s, nil
		case time.Now().After(end) || ctx.Err() != nil:
			return s, errNoReply
		}
	}
}
