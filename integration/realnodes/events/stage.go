package events

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/load"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
)

// Stage is the set to which events happen.
type Stage struct {
	*release.Release
	Base cluster.Values // the set's own, without what an event changes
	Log  func(format string, args ...any)

	// What was counted for names, and for what every second round does.
	loads, rolled, beside, leaders, lost int
	kept                                 int // keys of fill

	silence time.Time // when a master was handed over because of a silent kubelet
}

// writersAtOnce and pause make about a thousand writes a second: enough to see a gap of
// milliseconds, and not so many that a gap is that of a full computer.
const (
	writersAtOnce = 3
	writerPause   = 2 * time.Millisecond
	warm          = 300 // acknowledged writes before the event
	afterwards    = 300 // and after it
	patience      = 2 * time.Minute
)

// under is the load during one event.
type under struct {
	s      *Stage
	writer load.Client
	names  map[load.Kind]string
	began  release.Record
	since  time.Time
}

// during lets something happen under load, and tells what it cost when the set is whole again.
func (s *Stage) during(ctx context.Context, with extra, happen func(u *under) error) (Round, error) {
	u, err := s.underLoad(ctx, with.kinds, with.busy...)
	if err != nil {
		return Round{}, err
	}
	if err := happen(u); err != nil {
		return Round{}, errors.Join(err, u.drop(ctx))
	}
	return u.end(ctx)
}

// extra is what the load of an event is beside the usual: more kinds of clients, and nodes
// on which none of them may be.
type extra struct {
	kinds []load.Kind
	busy  []*realnodes.Node
}

// underLoad starts writers that are not on these nodes and waits until they are at work.
// With kinds it starts these beside the two that every event has.
func (s *Stage) underLoad(ctx context.Context, kinds []load.Kind, busy ...*realnodes.Node) (*under, error) {
	u := &under{s: s, writer: s.WriterBeside(busy...), names: map[load.Kind]string{}}
	for _, kind := range append([]load.Kind{load.Sentinel, load.Plain}, kinds...) {
		s.loads++
		plan := s.plan(kind)
		u.names[kind] = plan.Name
		if err := u.writer.Begin(ctx, plan); err != nil {
			return nil, errors.Join(err, u.drop(ctx))
		}
	}
	if err := u.more(ctx, warm, load.Sentinel, load.Plain); err != nil {
		return nil, errors.Join(err, u.drop(ctx))
	}
	var err error
	if u.began, err = s.Record(ctx); err != nil {
		return nil, errors.Join(err, u.drop(ctx))
	}
	u.since = time.Now()
	return u, nil
}

func (s *Stage) plan(kind load.Kind) load.Plan {
	plan := load.Plan{
		Name: fmt.Sprintf("%s-%d", kind, s.loads), Kind: kind, Master: release.Master, Workers: writersAtOnce, Pause: writerPause,
		Address: s.FullName() + "-sentinel:26379",
	}
	switch kind {
	case load.Plain:
		plan.Address, plan.Workers = s.FullName()+"-master:6379", 1
	case load.Asker:
		// Two hundred a second: who asks more often has used all its ports within the two minutes for
		// which its node remembers an ended connection, and is sent where that one went.
		plan.Workers, plan.Pause = 2, 10*time.Millisecond
	case load.Registers:
		plan.Workers, plan.Pause = 4, time.Millisecond
	case load.Sentinel:
	}
	return plan
}

// more waits until each of these kinds has succeeded n more times.
func (u *under) more(ctx context.Context, n int, kinds ...load.Kind) error {
	for _, kind := range kinds {
		was, err := u.writer.Progress(ctx, u.names[kind])
		if err != nil {
			return err
		}
		err = realnodes.Wait(ctx, u.s.Patience, fmt.Sprintf("%d more successes of %s", n, u.names[kind]), func(ctx context.Context) error {
			now, err := u.writer.Progress(ctx, u.names[kind])
			if err == nil && now.Done < was.Done+n {
				err = fmt.Errorf("%d, and %d failures", now.Done-was.Done, now.Failed-was.Failed)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// switched waits until the record is at rest with a higher epoch than before the event.
func (u *under) switched(ctx context.Context) error {
	return realnodes.Wait(ctx, u.s.Patience, "another master", func(ctx context.Context) error {
		now, err := u.s.Record(ctx)
		if err == nil && (now.Epoch == u.began.Epoch || now.Phase != "Stable") {
			err = fmt.Errorf("epoch %d, %s", now.Epoch, now.Phase)
		}
		return err
	})
}

// end waits until the writers are at work again and the set is whole, and tells what all
// that has cost.
func (u *under) end(ctx context.Context) (Round, error) {
	if err := u.more(ctx, afterwards, load.Sentinel, load.Plain); err != nil {
		return Round{}, errors.Join(err, u.drop(ctx))
	}
	now, err := u.s.Settled(ctx)
	if err != nil {
		return Round{}, errors.Join(err, u.drop(ctx))
	}
	round := Round{Switches: now.Epoch - u.began.Epoch, Whole: time.Since(u.since)}
	for kind, name := range u.names {
		report, err := u.writer.End(ctx, name)
		if err != nil {
			return round, err
		}
		u.s.Log("%s: %d done, lost %d, longest gap %v, errors %v", name, report.Done, report.Lost, report.Longest(u.since).For.Round(time.Millisecond), report.Errors)
		round.add(kind, report, u.since)
	}
	return round, nil
}

func (r *Round) add(kind load.Kind, report load.Report, since time.Time) {
	r.Lost += report.Lost
	switch kind {
	case load.Sentinel:
		r.Gap, r.Acked = report.Longest(since).For, r.Acked+report.Done
	case load.Plain:
		r.Plain, r.Acked = report.Longest(since).For, r.Acked+report.Done
	case load.Asker:
		r.Refused = report.Failures()
		r.Asked = report.Done + r.Refused
	case load.Registers:
		r.Unordered = unordered(report.History)
	}
}

// drop ends the load of an event that went wrong.
func (u *under) drop(ctx context.Context) error {
	var errs []error
	for _, name := range u.names {
		report, err := u.writer.End(ctx, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("end %s: %w", name, err))
		}
		u.s.Log("%s: %d done, longest gap %v, errors %v", name, report.Done, report.Longest(u.since).For.Round(time.Millisecond), report.Errors)
	}
	return errors.Join(errs...)
}

// fresh replaces every Redis pod whose container was restarted, replicas first: the next
// crash of it would be the second one to its kubelet, which waits longer then.
func (s *Stage) fresh(ctx context.Context) error {
	now, err := s.Settled(ctx)
	if err != nil {
		return err
	}
	containers, err := s.Containers(ctx)
	if err != nil {
		return err
	}
	for pod, container := range containers {
		if container.RestartCount > 0 && pod != now.Pod {
			if err := s.replace(ctx, pod); err != nil {
				return err
			}
		}
	}
	if containers[now.Pod].RestartCount > 0 {
		return s.replace(ctx, now.Pod)
	}
	return nil
}

func (s *Stage) replace(ctx context.Context, pod string) error {
	if _, err := s.Kubectl(ctx, "-n", s.Namespace, "delete", "pod", pod); err != nil {
		return err
	}
	_, err := s.Settled(ctx)
	return err
}

// masterAndNode are where an event is to happen.
func (s *Stage) masterAndNode(ctx context.Context) (pod string, node *realnodes.Node, err error) {
	now, err := s.Settled(ctx)
	if err != nil {
		return "", nil, err
	}
	node, err = s.NodeOf(ctx, now.Pod)
	return now.Pod, node, err
}
