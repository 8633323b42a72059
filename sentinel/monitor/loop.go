package monitor

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// loop drives the machine of one master. Only its turns touch the machine.
type loop struct {
	turns
	m       *Monitor
	name    string
	log     logrus.FieldLogger
	ctx     context.Context
	cancel  context.CancelFunc
	machine *sentinel.Machine
	shown   *sentinel.View
	removed bool // by SENTINEL REMOVE
	probes  map[string]*probe
	control *control        // to give commands
	pills   *control        // to the master, idle until a Pill
	acting  context.Context // of the present term; orders end with it
	disarm  context.CancelFunc
	term    uint64
	due     time.Time // the machine's next deadline, zero without
	closed  bool
	settled atomic.Bool

	// The inbox is not bounded by a number: it holds at most what the set's few
	// probes, orders and watches have to say, and the loop never waits for them.
	mu    sync.Mutex
	inbox []sentinel.Observation
}

func newLoop(m *Monitor, name string) *loop {
	l := &loop{
		m: m, name: name,
		log:     m.Log.WithFields(logrus.Fields{"component": "monitor", "master": name}),
		machine: sentinel.NewMachine(name),
		probes:  map[string]*probe{},
	}
	l.do = l.turn
	l.ctx, l.cancel = context.WithCancel(m.ctx)
	l.control, l.pills = newControl(m.Dial, ""), newControl(m.Dial, "p")
	return l
}

// post puts an observation into the inbox; it never waits.
func (l *loop) post(o sentinel.Observation) {
	l.mu.Lock()
	l.inbox = append(l.inbox, o)
	l.mu.Unlock()
	l.call()
}

func (l *loop) take() []sentinel.Observation {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch := l.inbox
	l.inbox = nil
	return batch
}

// turn takes what has come in, and a look at the time if that is up.
func (l *loop) turn() {
	if l.ctx.Err() != nil {
		l.close()
		return
	}
	due := l.due
	for _, o := range l.take() { // what has come counts before the time that is up
		l.step(o)
	}
	if !due.IsZero() && !time.Now().Before(due) {
		l.step(sentinel.Tick{})
	}
	targets := l.machine.Targets()
	l.follow(targets)
	l.openAhead(targets)
	if l.due = l.machine.Wake(); l.due.IsZero() {
		l.never()
	} else {
		l.at(l.due)
	}
}

// step is the one way of the data: observation, decision, view, events, orders.
func (l *loop) step(o sentinel.Observation) {
	switch o := o.(type) {
	case sentinel.LeaderSeen:
		l.rearm(o)
	case question:
		o.answer <- o.ask(l.machine)
		return
	}
	orders := l.machine.Step(time.Now(), o)
	l.show()
	for _, order := range orders {
		l.carryOut(order)
	}
}

// show commits the view and only then publishes what changed with it.
func (l *loop) show() {
	view := l.machine.View()
	if removed := l.machine.Removed(); removed != l.removed {
		l.removed = removed
		l.m.Metrics.removed(removed)
	}
	if l.removed {
		view = nil
	}
	if view == l.shown {
		return
	}
	if view == nil {
		l.hide()
		return
	}
	l.m.publishing.Lock()
	defer l.m.publishing.Unlock()
	l.m.publish(l.m.Store.CommitMaster(view))
	l.m.Metrics.viewed(l.shown, view)
	l.shown = view
}

// hide takes the master out of every answer.
func (l *loop) hide() {
	l.m.publishing.Lock()
	defer l.m.publishing.Unlock()
	l.m.publish(l.m.Store.RemoveMaster(l.name))
	l.m.Metrics.viewed(l.shown, nil)
	l.shown = nil
}

// rearm ends the orders of the term before and begins a new one.
func (l *loop) rearm(seen sentinel.LeaderSeen) {
	if l.disarm != nil {
		l.disarm()
		l.disarm = nil
	}
	l.control.reset(seen.Term)
	l.pills.reset(seen.Term)
	l.term = seen.Term
	if seen.Leading {
		l.acting, l.disarm = context.WithCancel(l.ctx)
	}
}

// follow keeps one probe per process that the machine wants to watch.
func (l *loop) follow(targets []sentinel.Target) {
	for _, p := range l.probes {
		p.wanted = false
	}
	settled := true
	for _, t := range targets {
		p := l.probes[t.UID]
		if p != nil && (p.addr != t.Addr || p.vitals != t.Vitals) {
			p.stop()
			p = nil
		}
		if p == nil {
			p = startProbe(l, t)
			l.probes[t.UID] = p
		}
		p.wanted = true
		p.rush(t.Hurry)
		p.often.Store(t.Often)
		p.downAfter.Store(int64(t.DownAfter))
		settled = settled && p.tried.Load()
	}
	for uid, p := range l.probes {
		if !p.wanted {
			p.stop()
			l.control.drop(uid)
			l.pills.drop(uid)
			delete(l.probes, uid)
		}
	}
	if settled && l.machine.Known() {
		l.settled.Store(true)
	}
}

// end ends the loop with its next turn.
func (l *loop) end() {
	l.cancel()
	l.call()
}

// close is once.
func (l *loop) close() {
	if l.closed {
		return
	}
	l.closed = true
	l.never()
	for _, p := range l.probes {
		p.stop()
	}
	l.control.close()
	l.pills.close()
	if l.removed {
		l.m.Metrics.removed(false)
	}
	if l.m.ctx.Err() == nil { // the set is gone, not the service
		l.hide()
	}
	l.m.wg.Done()
}
