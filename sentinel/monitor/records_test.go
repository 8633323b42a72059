package monitor

import (
	"io"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// TestRecordWithoutASet: a Lease outlives its set. It keeps nobody from serving, and is
// known when the set comes (back).
func TestRecordWithoutASet(t *testing.T) {
	log := logrus.New()
	log.SetOutput(io.Discard)
	m := New(Options{Log: log, Store: store.New(), Publish: func(string, string) {}})
	defer m.Close()
	record := sentinel.Record{Seq: 3, Epoch: 2, Phase: sentinel.Stable, Master: sentinel.Process{Pod: "redis-0", UID: "u0", RunID: "r", Addr: sentinel.Addr{Host: "127.0.0.1", Port: 1}}}
	m.RecordChanged("gone", record)
	if !m.Settled() || len(m.names()) != 0 {
		t.Fatalf("settled: %v, masters: %v; a record alone is none", m.Settled(), m.names())
	}
	epoch := func() (n uint64) {
		if l := m.loop("gone"); l != nil {
			_ = l.ask(t.Context(), func(machine *sentinel.Machine) error {
				if v := machine.View(); v != nil {
					n = v.Epoch
				}
				return nil
			})
		}
		return n
	}
	for range 2 {
		m.SetChanged(sentinel.Set{Master: "gone", Size: 1, Config: sentinel.Defaults()})
		redis.Eventually(t, 10*time.Second, "the set has its record", func() bool { return epoch() == 2 })
		m.SetGone("gone")
	}
	m.RecordChanged("gone", sentinel.Record{})
	m.SetChanged(sentinel.Set{Master: "gone", Size: 1, Config: sentinel.Defaults()})
	if n := epoch(); n != 0 {
		t.Errorf("epoch %d of a record that was deleted", n)
	}
}
