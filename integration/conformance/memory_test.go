package conformance

import (
	"context"
	"sync"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// memory keeps what clients change in the literal views themselves.
type memory struct {
	mu      sync.Mutex
	views   *store.Store
	publish func(channel, payload string)
}

func (m *memory) tell(events []sentinel.Event) {
	for _, e := range events {
		m.publish(e.Type, e.Payload)
	}
}

// change commits a changed copy of a view.
func (m *memory) change(master string, do func(*sentinel.View)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v := *m.views.Snapshot().Master(master)
	do(&v)
	m.tell(m.views.CommitMaster(&v))
}

func (m *memory) Set(_ context.Context, master string, settings []sentinel.Setting) error {
	var record sentinel.Record
	record.Set(settings)
	m.change(master, func(v *sentinel.View) {
		v.Config = v.Config.With(record.Overrides)
		v.Sets, v.LastSet = v.Sets+1, settings
	})
	return nil
}

func (m *memory) Remove(_ context.Context, master, _ string) error {
	m.tell(m.views.RemoveMaster(m.views.Snapshot().Master(master)))
	return nil
}

func (m *memory) Reset(_ context.Context, matches func(string) bool) (n int, err error) {
	for _, v := range m.views.Snapshot().Masters() {
		if matches(v.Name) {
			m.change(v.Name, func(v *sentinel.View) { v.Resets++ })
			n++
		}
	}
	return n, nil
}

func (m *memory) Configure(_ context.Context, settings []sentinel.Setting) error {
	m.views.CommitSettings(m.views.Snapshot().Settings().With(settings))
	return nil
}

func (m *memory) Readable(context.Context) error { return nil }

// failover begins one that never ends, where there is a replica.
func (m *memory) failover(_ context.Context, master string) error {
	v := m.views.Snapshot().Master(master)
	if len(v.Replicas) == 0 {
		return sentinel.ErrNoGoodReplica
	}
	m.change(master, func(v *sentinel.View) { v.Failover, v.Forced = sentinel.SelectReplica, true })
	return nil
}
