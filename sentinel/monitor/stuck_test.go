package monitor

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// TestStuckLoopIsFound: something in the service never comes back, and another loop works.
func TestStuckLoopIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		comesBack := make(chan struct{})
		m := New(Options{
			Store: store.New(), Log: quiet(),
			OnSettings: func(sentinel.Settings) {},
			Publish:    func(string, string) {},
		})
		defer m.Close()
		m.SetChanged(sentinel.Set{Master: "stuck", Config: sentinel.Defaults()})
		m.SetChanged(sentinel.Set{Master: "works", Config: sentinel.Defaults()})
		time.Sleep(time.Hour)
		wantStuck(t, m, "nothing to do for an hour")
		m.loop("stuck").post(question{ask: func(*sentinel.Machine) error { <-comesBack; return nil }, answer: make(chan error, 1)})
		time.Sleep(stuckFor / 2)
		m.loop("works").post(sentinel.Tick{})
		wantStuck(t, m, "for half the time")
		time.Sleep(stuckFor)
		m.loop("works").post(sentinel.Tick{})
		wantStuck(t, m, "for longer", "stuck")
		close(comesBack)
		time.Sleep(time.Second)
		wantStuck(t, m, "it came back")
	})
}

func wantStuck(t *testing.T, m *Monitor, what string, want ...string) {
	t.Helper()
	got, longest := m.Stuck()
	if len(got) != len(want) || len(got) == 1 && (got[0] != want[0] || longest < stuckFor) {
		t.Errorf("%s: %q are stuck, for %s; want %q", what, got, longest, want)
	}
}

func quiet() logrus.FieldLogger {
	log := logrus.New()
	log.SetLevel(logrus.PanicLevel)
	return log
}
