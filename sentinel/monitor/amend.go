package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Changes of the record that a client asked for, on whichever replica of the service
// it asked. They are written by compare-and-swap and only while the master is
// stable: a failover under way has the record to itself. Each returns when the
// answers of this replica show the change; the others follow with their watch.

// The bounds of a change.
const (
	amendAttempts = 20
	amendPause    = 25 * time.Millisecond
	amendAtOnce   = 8 // masters, for SENTINEL RESET
)

// ErrNotKnown says that there is no master of that name.
var ErrNotKnown = errors.New("master is not known")

// errBusy: somebody else wrote the record each time.
var errBusy = errors.New("the record changes too often")

// Set changes options of a master over its annotations.
func (m *Monitor) Set(ctx context.Context, master string, settings []sentinel.Setting) error {
	return m.amend(ctx, master, func(r *sentinel.Record) { r.Set(settings) })
}

// Remove stops managing a master until its label changes or a Reset.
func (m *Monitor) Remove(ctx context.Context, master, by string) error {
	err := m.amend(ctx, master, func(r *sentinel.Record) { r.Removed = true })
	if err == nil {
		m.Kubernetes.Record(master, "", true, "MasterRemoved",
			master+" is not managed any more, as "+by+" asked for: SENTINEL RESET "+master+" takes it back")
	}
	return err
}

// Reset makes every replica of the service learn the masters anew whose names match,
// removed ones too, and tells how many these are.
func (m *Monitor) Reset(ctx context.Context, matches func(master string) bool) (int, error) {
	var running sync.WaitGroup
	var reset atomic.Int64
	names := m.names()
	failed := make(chan error, len(names))
	room := make(chan struct{}, amendAtOnce)
	for _, master := range names {
		if !matches(master) {
			continue
		}
		room <- struct{}{}
		running.Go(func() {
			defer func() { <-room }()
			switch err := m.amend(ctx, master, resetRecord); {
			case err == nil:
				reset.Add(1)
			case !errors.Is(err, ErrNotKnown): // that one has no record yet
				failed <- err
			}
		})
	}
	running.Wait()
	close(failed)
	return int(reset.Load()), <-failed
}

func resetRecord(r *sentinel.Record) { r.Removed, r.Resets = false, r.Resets+1 }

func (m *Monitor) names() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	names := make([]string, 0, len(m.loops))
	for name := range m.loops {
		names = append(names, name)
	}
	return names
}

func (m *Monitor) amend(ctx context.Context, master string, change func(*sentinel.Record)) error {
	l := m.loop(master)
	if l == nil {
		return fmt.Errorf("%s: %w", master, ErrNotKnown)
	}
	for range amendAttempts {
		record, err := m.Changes.Get(ctx, master)
		err = errors.Join(err, record.TooNew())
		switch {
		case err != nil:
			return err
		case !record.Exists():
			return fmt.Errorf("%s: %w", master, ErrNotKnown)
		case record.Phase != sentinel.Stable:
			if err := pause(ctx, amendPause); err != nil {
				return err
			}
			continue
		}
		change(&record)
		written, err := m.Changes.Put(ctx, master, record)
		if errors.Is(err, sentinel.ErrConflict) {
			continue
		}
		if err != nil {
			return err
		}
		l.post(sentinel.RecordSeen{Record: written})
		return l.ask(ctx, func(*sentinel.Machine) error { return nil })
	}
	return fmt.Errorf("record of %s: %w", master, errBusy)
}

// unremove takes a SENTINEL REMOVE back once nothing carries the label any more, so
// that the label, when it comes back, means what it says.
func (m *Monitor) unremove(master string) {
	ctx, cancel := context.WithTimeout(m.ctx, apiTimeout)
	defer cancel()
	record, err := m.Kubernetes.Get(ctx, master)
	if err != nil || !record.Exists() || !record.Removed {
		return
	}
	record.Removed = false
	if _, err := m.Kubernetes.Put(ctx, master, record); err != nil {
		m.Log.WithField("err", err).WithField("master", master).Warn("removal not taken back: SENTINEL RESET does it")
	}
}

func pause(ctx context.Context, d time.Duration) error {
	sleep(ctx, d)
	return ctx.Err()
}
