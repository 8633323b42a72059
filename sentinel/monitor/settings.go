package monitor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

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
	m.Store.CommitSettings(s)
	m.publish(m.Store.CommitPeers(s.Announced(m.known)))
	if m.OnSettings != nil {
		m.OnSettings(s)
	}
}

// Configure changes settings on every replica of the service. It returns when the
// answers of this one show it.
func (m *Monitor) Configure(ctx context.Context, changes []sentinel.Setting) error {
	for range amendAttempts {
		live, err := m.Kubernetes.GetSettings(ctx)
		if err != nil {
			return err
		}
		written, err := m.Kubernetes.PutSettings(ctx, live.With(changes))
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
	_, err := m.Kubernetes.GetSettings(ctx)
	return err
}

// exitSimulated is the exit code of a simulated crash, as a Sentinel's.
const exitSimulated = 99

// simulate ends this process if it has just come to a point at which a crash was
// asked for. The wish is taken back first: the next leader is to survive it.
func (m *Monitor) simulate(a sentinel.Action, err error) {
	point := ""
	switch a := a.(type) {
	case sentinel.Commit:
		if a.Record.Phase == sentinel.Switching || a.Record.Phase == sentinel.Promoting {
			point = sentinel.CrashAfterElection
		}
	case sentinel.Promote:
		point = sentinel.CrashAfterPromotion
	}
	if point == "" || err != nil || m.Exit == nil || !m.Settings().Simulates(point) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	left := slices.DeleteFunc(strings.Split(m.Settings().Value(sentinel.SettingSimulate), ","), func(word string) bool { return word == point })
	err = m.Configure(ctx, []sentinel.Setting{{Option: sentinel.SettingSimulate, Value: strings.Join(left, ",")}})
	m.Log.WithField("err", err).WithField("point", point).Warn("crash simulated, as asked for")
	m.Exit(exitSimulated)
}
