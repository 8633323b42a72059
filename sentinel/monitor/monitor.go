package monitor

import (
	"context"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"
	"golang.org/x/time/rate"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Options are what a Monitor is made of; all are required but the last seven.
type Options struct {
	Kubernetes Kubernetes
	Dial       Dialer  // to give orders
	Watch      Watcher // to see what is
	Store      Store
	Publish    Publisher
	Log        logrus.FieldLogger
	Metrics    *Metrics
	// Seal gives what tells that a name of a term is a leader's: the same on every replica
	// of this service and known to nobody else; empty where it is not known. Nil believes
	// every name.
	Seal func(term uint64) string
	// Changes is for what clients change: a way of its own to the records, so that a flood of
	// changes is in nobody's way. Nil: Kubernetes.
	Changes Records
	// Cause says in a person's words why a Redis could not be reached, with nothing that differs
	// from one attempt to the next; nil says nothing.
	Cause func(error) string
	// OnSettings hears of changed settings of the service; it must not block.
	OnSettings func(sentinel.Settings)
	// Echo answers what is written to it over a socket, as a Redis would that is always well;
	// its user closes it after the Monitor. Nil for none.
	Echo io.ReadWriteCloser
	// Exit ends the process where SENTINEL SIMULATE-FAILURE asked for it; nil
	// simulates nothing.
	Exit func(code int)
}

// Monitor runs one loop per master. Its methods may be called from any goroutine
// and do not wait for a Redis or for Kubernetes.
type Monitor struct {
	Options
	ctx  context.Context
	stop context.CancelFunc
	wg   sync.WaitGroup

	mu    sync.Mutex
	loops map[string]*loop
	// records are the last ones of all masters, also of those that have no set: a Lease
	// outlives its set, and is not told again when the set comes back.
	records map[string]sentinel.Record
	leading sentinel.LeaderSeen
	api     sentinel.APISeen
	closed  bool

	attention *attention
	sight     sight
	// quick lets so many quick readings pass.
	quick *rate.Limiter
	// turns has room for the sets that the leader may work on.
	turns chan struct{}
	busy  atomic.Int64 // sets with an operation under way
	leads atomic.Bool  // leading.Leading, without the lock

	// publishing keeps the events of one commit together and in the order of commits.
	publishing sync.Mutex
	settings   atomic.Pointer[sentinel.Settings]
	// Of the settings, in nanoseconds.
	pingPeriod, infoPeriod atomic.Int64
}

// New returns a monitor that watches nothing yet.
func New(o Options) *Monitor {
	if o.Metrics == nil {
		o.Metrics = &Metrics{}
	}
	if o.Changes == nil {
		o.Changes = o.Kubernetes
	}
	if o.Seal == nil {
		o.Seal = func(uint64) string { return "" }
	}
	m := &Monitor{
		Options: o, loops: map[string]*loop{}, records: map[string]sentinel.Record{},
		quick: rate.NewLimiter(quickRate, quickBurst), turns: make(chan struct{}, turnsMost),
	}
	m.ctx, m.stop = context.WithCancel(context.Background())
	m.setPeriods(m.Settings())
	m.attention = newAttention(time.Now())
	m.wg.Go(func() { m.attention.run(m.ctx, m.Log, m.Echo) })
	return m
}

// Close ends all loops and connections. No Redis and no record is touched.
func (m *Monitor) Close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.stop()
	m.wg.Wait()
}

// Busy tells that orders of an operation are under way, or a write of a record.
func (m *Monitor) Busy() bool { return m.busy.Load() > 0 }

// SetChanged takes over the complete state of a set. Its loop begins with it, and with
// the record as it was heard last.
func (m *Monitor) SetChanged(set sentinel.Set) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return
	}
	l := m.loops[set.Master]
	if l == nil {
		l = newLoop(m, set.Master)
		m.loops[set.Master] = l
		l.post(m.leading)
		l.post(m.api)
		if record, known := m.records[set.Master]; known {
			l.post(sentinel.RecordSeen{Record: record})
		}
		m.wg.Go(l.run)
	}
	l.post(sentinel.SetSeen{Set: set})
}

// SetGone forgets a master whose set does not exist any more.
func (m *Monitor) SetGone(master string) {
	m.mu.Lock()
	l := m.loops[master]
	delete(m.loops, master)
	if m.leading.Leading && !m.closed {
		m.wg.Go(func() { m.unremove(master) })
	}
	m.mu.Unlock()
	if l != nil {
		l.end()
	}
}

// RecordChanged takes over what the API server has as the record; one without a phase
// tells that there is none any more. A master without a set only has it kept.
func (m *Monitor) RecordChanged(master string, r sentinel.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !r.Exists() {
		delete(m.records, master)
	} else if r.Seq >= m.records[master].Seq {
		m.records[master] = r
	}
	if l := m.loops[master]; l != nil {
		l.post(sentinel.RecordSeen{Record: r})
	}
}

// PeersChanged takes over the list of the service's other replicas.
func (m *Monitor) PeersChanged(peers []sentinel.Peer) {
	m.publishing.Lock()
	defer m.publishing.Unlock()
	m.publish(m.Store.CommitPeers(peers))
}

// Leading begins to act, under the given term.
func (m *Monitor) Leading(term uint64) { m.lead(sentinel.LeaderSeen{Leading: true, Term: term}) }

// NotLeading stops to act. Orders that are under way are cut off.
func (m *Monitor) NotLeading() { m.lead(sentinel.LeaderSeen{}) }

// APIAway says whether the API server is out of reach.
func (m *Monitor) APIAway(away bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.api = sentinel.APISeen{Away: away}
	for _, l := range m.loops {
		l.post(m.api)
	}
}

func (m *Monitor) lead(seen sentinel.LeaderSeen) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.leading = seen
	m.leads.Store(seen.Leading)
	for _, l := range m.loops {
		l.post(seen)
	}
}

func (m *Monitor) loop(master string) *loop {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.loops[master]
}

// Settled tells that every master known so far has been looked at: each of its
// instances was reached once, or found unreachable. Before that, an answer would
// be a guess.
func (m *Monitor) Settled() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.loops {
		if !l.settled.Load() {
			return false
		}
	}
	return true
}

// publish must be called with publishing held, after the commit.
func (m *Monitor) publish(events []sentinel.Event) {
	for _, e := range events {
		m.Publish(e.Type, e.Payload)
		m.Log.WithFields(logrus.Fields{"component": "monitor", "event": e.Type}).Debug(e.Payload)
	}
}

// IsLeading tells whether this replica of the service acts.
func (m *Monitor) IsLeading() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leading.Leading
}
