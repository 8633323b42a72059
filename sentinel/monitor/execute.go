package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Bounds of one order. They lie above the machine's own deadlines, so that an
// order that is given up by the machine does not linger.
const (
	apiTimeout     = 5 * time.Second
	commandTimeout = 4 * time.Second
)

// carryOut does an order beside the loop and posts its outcome.
func (l *loop) carryOut(order sentinel.Order) {
	if r, ok := order.Action.(sentinel.Report); ok {
		l.tell(r)
		return
	}
	ctx := l.acting
	before, after := l.crashPoints(order.Action)
	l.m.wg.Go(func() {
		l.simulate(before)
		done := l.perform(ctx, order.Action)
		if done.Err == nil {
			l.simulate(after)
		}
		if ctx.Err() != nil {
			return // another term by now; whoever acts then looks for himself
		}
		done.ID, done.At = order.ID, time.Now()
		done.Gone, done.Refused = errors.Is(done.Err, errGone), refuses(done.Err)
		l.post(done)
	})
}

func (l *loop) perform(ctx context.Context, a sentinel.Action) sentinel.Done {
	switch a := a.(type) {
	case sentinel.ReadBack:
		return l.readBack(ctx)
	case sentinel.Commit:
		ctx, cancel := context.WithTimeout(ctx, apiTimeout)
		defer cancel()
		written, err := l.m.Kubernetes.Put(ctx, l.name, a.Record)
		return sentinel.Done{Err: err, Record: &written}
	case sentinel.Label:
		ctx, cancel := context.WithTimeout(ctx, apiTimeout)
		defer cancel()
		return sentinel.Done{Err: l.m.Kubernetes.Label(ctx, a.Pod, a.Role)}
	default:
		return l.command(ctx, a)
	}
}

// readBack reads the record and the pods at the same time.
func (l *loop) readBack(ctx context.Context) sentinel.Done {
	ctx, cancel := context.WithTimeout(ctx, apiTimeout)
	defer cancel()
	type answer struct {
		pods []sentinel.Pod
		err  error
	}
	listed := make(chan answer, 1)
	go func() {
		pods, err := l.m.Kubernetes.Pods(ctx, l.name)
		listed <- answer{pods, err}
	}()
	record, err := l.m.Kubernetes.Get(ctx, l.name)
	pods := <-listed
	return sentinel.Done{Err: errors.Join(err, pods.err), Record: &record, Pods: pods.pods}
}

// command gives a command to a Redis process.
func (l *loop) command(ctx context.Context, a sentinel.Action) sentinel.Done {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	order := l.commandOf(a)
	conn, err := order.connect(ctx)
	if err != nil {
		return sentinel.Done{Err: err}
	}
	if claims(a, conn) {
		err = l.claim(ctx, conn, order.process)
	}
	var s sentinel.Snapshot
	if err == nil {
		s, err = order.do(ctx, conn)
	}
	if err != nil {
		if dead(conn) {
			order.from.discard(order.process.UID, conn.number)
		}
		return sentinel.Done{Err: err, Detached: errors.Is(err, errUnread)}
	}
	return sentinel.Done{Snapshot: &s, Conn: conn.number}
}

// order is how an action for a process is carried out.
type order struct {
	process sentinel.Process
	from    *control // that its connection is of
	connect func(context.Context) (link, error)
	do      func(context.Context, link) (sentinel.Snapshot, error)
}

func (l *loop) commandOf(a sentinel.Action) order {
	// on opens a connection if there is none; tied needs the very one.
	on := func(p sentinel.Process, do func(context.Context, link) (sentinel.Snapshot, error)) order {
		return order{p, l.control, func(ctx context.Context) (link, error) { return l.control.to(ctx, p) }, do}
	}
	tied := func(p sentinel.Process, number uint64, do func(context.Context, link) (sentinel.Snapshot, error)) order {
		return order{p, l.control, func(context.Context) (link, error) { return l.control.exactly(p, number) }, do}
	}
	switch a := a.(type) {
	case sentinel.Inspect:
		return on(a.Process, l.purged(a.Process, a.Purge, func(ctx context.Context, c link) (sentinel.Snapshot, error) { return c.Snapshot(ctx) }))
	case sentinel.Freeze:
		return on(a.Process, l.purged(a.Process, a.Purge, freeze(a.Masters, a.Unless)))
	case sentinel.Demote:
		return tied(a.Process, a.Conn, func(ctx context.Context, c link) (sentinel.Snapshot, error) { return c.Demote(ctx) })
	case sentinel.Empty:
		return tied(a.Process, a.Conn, func(ctx context.Context, c link) (sentinel.Snapshot, error) { return c.Empty(ctx) })
	case sentinel.Promote:
		return tied(a.Process, a.Conn, func(ctx context.Context, c link) (sentinel.Snapshot, error) {
			return c.Promote(ctx, a.MinReplicas, a.MaxLag)
		})
	case sentinel.SetFence:
		return tied(a.Process, a.Conn, func(ctx context.Context, c link) (sentinel.Snapshot, error) {
			return c.SetFence(ctx, a.MinReplicas, a.MaxLag)
		})
	case sentinel.Pill:
		return order{
			a.Process, l.pills, func(context.Context) (link, error) { return l.pills.kept(a.Process) },
			func(ctx context.Context, c link) (sentinel.Snapshot, error) { return c.Pill(ctx) },
		}
	case sentinel.Follow:
		return on(a.Process, func(ctx context.Context, c link) (sentinel.Snapshot, error) {
			return c.Follow(ctx, a.Master, a.CutClients)
		})
	case sentinel.CutLate:
		return on(a.Process, func(ctx context.Context, c link) (sentinel.Snapshot, error) { return c.CutLate(ctx) })
	case sentinel.Pause:
		return tied(a.Process, a.Conn, func(ctx context.Context, c link) (sentinel.Snapshot, error) { return c.Pause(ctx, a.For) })
	case sentinel.AwaitOffset:
		return on(a.Process, func(ctx context.Context, c link) (sentinel.Snapshot, error) {
			return c.AwaitOffset(ctx, a.Offset, a.Within)
		})
	case sentinel.Unpause:
		return on(a.Process, func(ctx context.Context, c link) (sentinel.Snapshot, error) {
			if err := c.Unpause(ctx); err != nil {
				return sentinel.Snapshot{}, err
			}
			return c.Snapshot(ctx)
		})
	}
	panic("an action without a performer") // a mistake of ours, found by the first test that meets it
}

// errUnread tells that a process was detached that does not say how it is now.
var errUnread = errors.New("detached, and it cannot be read")

// freeze leaves a master alone, unless masters are meant as well: then also one is detached
// that cannot be read, as with an ACL without INFO.
func freeze(masters bool, unless []sentinel.Addr) func(context.Context, link) (sentinel.Snapshot, error) {
	return func(ctx context.Context, c link) (sentinel.Snapshot, error) {
		if !masters {
			if s, err := c.Snapshot(ctx); err != nil || s.Role == sentinel.RoleMaster {
				return s, err
			}
		}
		s, err := c.Freeze(ctx, unless...)
		if err == nil || !masters || dead(c) || c.Detach(ctx) != nil {
			return s, err
		}
		return s, fmt.Errorf("%w: %w", errUnread, err)
	}
}

// purged cuts the leaders of older terms off before the reading is taken.
func (l *loop) purged(p sentinel.Process, purge bool, do func(context.Context, link) (sentinel.Snapshot, error)) func(context.Context, link) (sentinel.Snapshot, error) {
	if !purge {
		return do
	}
	return func(ctx context.Context, c link) (sentinel.Snapshot, error) {
		if err := l.killOlder(ctx, c, p); err != nil {
			return sentinel.Snapshot{}, err
		}
		return do(ctx, c)
	}
}

// claims tells whether nobody else may have a say before this order. A pill waits for no
// answer, and one that purges does so itself. A reading changes nothing, but what it
// shows must not be changed by what was sent on an earlier connection.
func claims(a sentinel.Action, c link) bool {
	switch a := a.(type) {
	case sentinel.Pill:
		return false
	case sentinel.Inspect:
		return c.renewed && !a.Purge
	case sentinel.Freeze:
		return !a.Purge
	}
	return true
}

// claim makes sure, once for each connection and before its first order, that nobody of
// a later term is connected to the process, and that nothing arrives that was sent on
// another connection before. An older leader that was cut off, or frozen, connects anew
// when it comes back, and believes what it knew before. And where a way was cut, what
// was sent on an old connection may arrive long after a new one was opened.
func (l *loop) claim(ctx context.Context, c link, p sentinel.Process) error {
	if c.alone.Load() {
		return nil
	}
	return l.killOlder(ctx, c, p)
}

// killOlder ends all control connections to a process but this one and the pill's.
func (l *loop) killOlder(ctx context.Context, c link, p sentinel.Process) error {
	keep := []string{c.name}
	if pill, err := l.pills.kept(p); err == nil {
		keep = append(keep, pill.name)
	}
	term := l.control.currentTerm()
	err := c.KillOlder(ctx, func(name string) (bool, error) { return older(name, term, l.control.seal, keep) })
	if err == nil {
		c.alone.Store(true)
	}
	return err
}

// tell writes the log line and the Kubernetes Event of a report. The candidates
// are logged one a line, as they decide what a person wants to know.
func (l *loop) tell(r sentinel.Report) {
	log := l.log.WithFields(logrus.Fields{"reason": r.Reason, "pod": r.Pod})
	if r.Decision != nil && (r.Reason == "ReplicaSelected" || r.Warning) {
		for _, c := range r.Decision.Bounded().Candidates {
			entry := l.log.WithFields(logrus.Fields{"pod": c.Pod, "offset": c.Offset, "replid": c.ReplID, "priority": c.Priority, "node": c.Node})
			if c.Refused != "" {
				entry = entry.WithField("refused", c.Refused)
			}
			entry.Info("candidate")
		}
	}
	if r.Warning {
		log.Warn(r.Message)
	} else {
		log.Info(r.Message)
	}
	l.m.Metrics.reported(r)
	l.m.Kubernetes.Record(l.name, r.Pod, r.Warning, r.Reason, r.Message)
}
