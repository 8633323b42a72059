package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/fleet"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The bounds of a round. They only end one that hangs.
const (
	settleWithin = 3 * time.Minute
	switchWithin = 2 * time.Minute
	lookEvery    = 20 * time.Millisecond
)

// writeBytes is the size of each of the two writes before a crash: one that all
// replicas receive, and one that is still under way to all but one of them when the
// master dies.
const writeBytes = 100

// game is a running cluster with what happened to it.
type game struct {
	settings
	cluster *fleet.Cluster
	siege   *siege // nil without one
	deaths  map[*fleet.Server]int
}

// victim is one set as it was when its master was killed.
type victim struct {
	set    *fleet.Set
	index  int           // of the master
	ahead  *fleet.Server // the replica that has received most
	state  fleet.State   // of it
	record sentinel.Record
}

// settle waits until every set is whole.
func (g *game) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, settleWithin, fmt.Errorf("not within %s", settleWithin))
	defer cancel()
	for _, set := range g.cluster.Sets {
		for {
			err := g.cluster.Settled(ctx, set)
			if err == nil {
				break
			}
			select {
			case <-ctx.Done():
				return fmt.Errorf("%w: %w", context.Cause(ctx), err)
			case <-time.After(lookEvery):
			}
		}
	}
	return nil
}

// round crashes all masters at once, measures, checks, and brings all back.
func (g *game) round(ctx context.Context) (result, error) {
	var r result
	victims, err := g.prepare(ctx)
	if err != nil {
		return r, err
	}
	ears, err := listen(ctx, g.cluster.Sentinels(), g.names())
	if err != nil {
		return r, err
	}
	defer ears.close()
	if err := g.cluster.Rested(ctx); err != nil {
		return r, err
	}
	questions := ask(ctx, g.cluster.Sentinels(), g.names(), g.askers)
	began := crash(victims)
	heard, err := ears.all(ctx, switchWithin)
	r.asked = questions.end()
	if err != nil {
		return r, err
	}
	r.took(began, heard)
	if r.late, err = g.check(ctx, victims); err != nil {
		return r, err
	}
	return r, g.repair(ctx, victims)
}

// prepare writes to every set so that one replica has received more than the others,
// which is the one whose process was replaced least often: the service prefers those
// that keep living to those that have a little more.
func (g *game) prepare(ctx context.Context) ([]victim, error) {
	var victims []victim
	for _, set := range g.cluster.Sets {
		record, err := g.cluster.Record(ctx, set)
		if err != nil {
			return nil, err
		}
		v := victim{set: set, record: record}
		var master *fleet.Server
		for i, server := range set.Servers {
			switch {
			case server.State().Master:
				v.index, master = i, server
			case v.ahead == nil || g.deaths[server] < g.deaths[v.ahead]:
				v.ahead = server
			}
		}
		if master == nil {
			return nil, fmt.Errorf("%s has no master", set.Name)
		}
		if err := write(set, master, v.ahead); err != nil {
			return nil, fmt.Errorf("%s: %w", set.Name, err)
		}
		v.state = v.ahead.State()
		g.deaths[master]++
		victims = append(victims, v)
	}
	return victims, nil
}

func write(set *fleet.Set, master, ahead *fleet.Server) error {
	if err := master.Write(writeBytes); err != nil {
		return err
	}
	for _, server := range set.Servers {
		server.Hold(server != master && server != ahead)
	}
	return master.Write(writeBytes)
}

// crash kills all masters at the same moment, which it returns.
func crash(victims []victim) time.Time {
	var running sync.WaitGroup
	began := time.Now()
	for _, v := range victims {
		running.Go(v.set.Servers[v.index].Crash)
	}
	running.Wait()
	return began
}

// check holds every set against what had to become of it, and counts those of which
// the best replica did not answer in time, so that another one was promoted.
func (g *game) check(ctx context.Context, victims []victim) (late int, err error) {
	for _, v := range victims {
		record, err := g.cluster.Record(ctx, v.set)
		if err != nil {
			return late, err
		}
		want := v.state.RunID
		if v.late(record) {
			late++
			want = record.Master.RunID
		}
		if err := v.check(record, want); err != nil {
			return late, fmt.Errorf("%s: %w", v.set.Name, err)
		}
	}
	return late, nil
}

// late: the record says that the best replica was passed over for being slow, as on a
// computer that has too much to do.
func (v victim) late(record sentinel.Record) bool {
	return record.Decision != nil && slices.ContainsFunc(record.Decision.Candidates, func(c sentinel.Candidate) bool {
		return c.RunID == v.state.RunID && strings.HasPrefix(c.Refused, "was not read: ")
	})
}

// check: the only master is the process of that run id, with its data, and the record
// says so, one epoch later.
func (v victim) check(record sentinel.Record, runID string) error {
	masters := v.set.Masters()
	if len(masters) != 1 {
		return fmt.Errorf("%d masters, want one", len(masters))
	}
	now := masters[0].State()
	best := runID == v.state.RunID
	switch {
	case now.RunID != runID:
		return fmt.Errorf("master is %s, want %s, which had received most", masters[0].Addr(), v.ahead.Addr())
	case best && (now.Offset < v.state.Offset || now.Keys != v.state.Keys) || now.Keys == 0:
		return fmt.Errorf("master has %d keys at offset %d, want %d at %d", now.Keys, now.Offset, v.state.Keys, v.state.Offset)
	case record.Phase != sentinel.Stable || record.Master.RunID != runID:
		return fmt.Errorf("record is %s and names %s, want Stable and %s", record.Phase, record.Master.Addr, masters[0].Addr())
	case record.Epoch != v.record.Epoch+1:
		return fmt.Errorf("epoch %d after %d, want one more", record.Epoch, v.record.Epoch)
	}
	return nil
}

// repair lets those that were held catch up and the crashed come back, empty.
func (g *game) repair(ctx context.Context, victims []victim) error {
	for _, v := range victims {
		for _, server := range v.set.Servers {
			server.Hold(false)
		}
		if err := g.cluster.Restart(ctx, v.set, v.index); err != nil {
			return err
		}
	}
	return g.settle(ctx)
}

func (g *game) names() []string {
	var names []string
	for _, set := range g.cluster.Sets {
		names = append(names, set.Name)
	}
	return names
}

// silence drops what go-redis writes about connections that fail.
type silence struct{}

func (silence) Printf(context.Context, string, ...any) {}

func quiet() logrus.FieldLogger {
	log := logrus.New()
	log.SetOutput(io.Discard)
	return log
}
