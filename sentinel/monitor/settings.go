package monitor

import (
	"context"
	"errors"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The service's own settings: read by every part of it, written by whichever
// replica a client asked.

// Settings are those in force.
func (m *Monitor) Settings() sentinel.Settings {
	if s := m.settings.Load(); s != nil {
		return *s
	}
	return sentinel.Settings{}
}

// SettingsChanged takes over what the API server has.
func (m *Monitor) SettingsChanged(s sentinel.Settings) {
	m.publishing.Lock()
	defer m.publishing.Unlock()
	if s.Seq < m.Settings().Seq && s.Version != "" {
		return
	}
	m.settings.Store(&s)
	m.setPeriods(s)
	m.Store.CommitSettings(s)
	if m.OnSettings != nil {
		m.OnSettings(s)
	}
}

// setPeriods keeps those that are needed with each PING.
func (m *Monitor) setPeriods(s sentinel.Settings) {
	m.pingPeriod.Store(int64(s.Period(sentinel.SettingPingPeriod)))
	m.infoPeriod.Store(int64(s.Period(sentinel.SettingInfoPeriod)))
}

// Configure changes settings on every replica of the service. It returns when the
// answers of this one show it.
func (m *Monitor) Configure(ctx context.Context, changes []sentinel.Setting) error {
	for range amendAttempts {
		live, err := m.Changes.GetSettings(ctx)
		if err != nil {
			return err
		}
		written, err := m.Changes.PutSettings(ctx, live.With(changes))
		if errors.Is(err, sentinel.ErrConflict) {
			continue
		}
		if err == nil {
			m.SettingsChanged(written)
		}
		return err
	}
	return errBusy
}

// Readable tells whether what is kept in Kubernetes can be read now.
func (m *Monitor) Readable(ctx context.Context) error {
	_, err := m.Changes.GetSettings(ctx)
	return err
}
