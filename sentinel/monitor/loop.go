package monitor

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// loop drives the machine of one master. Only its goroutine touches the machine.
type loop struct {
	m       *Monitor
	name    string
	log     logrus.FieldLogger
	ctx     context.Context
	cancel  context.CancelFunc
	machine *sentinel.Machine
	shown   *sentinel.View
	removed bool // by SENTINEL REMOVE
	busy    bool // as the monitor counts it
	probes  map[string]*probe
	control *control        // to give commands
	pills   *control        // to the master, idle until a Pill
	acting  context.Context // of the present term; orders end with it
	disarm  context.CancelFunc
	term    uint64
	turn    turn
	settled atomic.Bool
	// hindrance is the machine's; nil for none.
	hindrance atomic.Pointer[string]
	// downAfter is that of the instances that are watched, 0 without one.
	downAfter atomic.Int64

	// The inbox is not bounded by a number: it holds at most what the set's few
	// probes, orders and watches have to say, and the loop never waits for them.
	mu    sync.Mutex
	inbox []sentinel.Observation
	owing owing
	bell  chan struct{}
}

func newLoop(m *Monitor, name string) *loop {
	l := &loop{
		m: m, name: name,
		log:     m.Log.WithFields(logrus.Fields{"component": "monitor", "master": name}),
		machine: sentinel.NewMachine(name),
		probes:  map[string]*probe{},
		bell:    make(chan struct{}, 1),
	}
	l.ctx, l.cancel = context.WithCancel(m.ctx)
	l.control, l.pills = newControl(m.Dial, m.Seal, ""), newControl(m.Dial, m.Seal, "p")
	l.pills.ready = true
	return l
}

// post puts an observation into the inbox; it never waits.
func (l *loop) post(o sentinel.Observation) {
	l.mu.Lock()
	l.inbox = append(l.inbox, o)
	l.owe()
	l.mu.Unlock()
	select {
	case l.bell <- struct{}{}:
	default:
	}
}

// take empties the inbox. Who leads comes first: nobody else may give orders.
func (l *loop) take() []sentinel.Observation {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch := l.inbox
	l.inbox = nil
	slices.SortStableFunc(batch, func(a, b sentinel.Observation) int {
		return cmp.Compare(rank(a), rank(b))
	})
	return batch
}

func rank(o sentinel.Observation) int {
	if _, is := o.(sentinel.LeaderSeen); is {
		return 0
	}
	return 1
}

func (l *loop) run() {
	defer l.close()
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-l.ctx.Done():
			return
		case <-l.rung():
			aside(func() { l.work() })
		case l.awaited() <- struct{}{}:
			l.got()
			aside(func() { l.work(sentinel.Tick{}) })
		case <-timer.C:
			if l.looksOn() {
				timer.Reset(l.sleep())
				continue
			}
			aside(func() { l.work(sentinel.Tick{}) }) // what has come counts before the time that is up
		}
		timer.Reset(l.sleep())
	}
}

// work takes in what has come, and then the last ones.
func (l *loop) work(last ...sentinel.Observation) {
	l.start()
	defer l.finish()
	l.begin()
	for _, o := range append(l.take(), last...) {
		l.step(o)
	}
	l.rest()
	busy := l.machine.Busy()
	l.noteBusy(busy)
	if !busy {
		l.control.rest()
	}
	l.follow()
	l.openAhead()
}

// noteBusy counts those that have an operation under way.
func (l *loop) noteBusy(busy bool) {
	switch {
	case busy && !l.busy:
		l.m.busy.Add(1)
	case !busy && l.busy:
		l.m.busy.Add(-1)
	}
	l.busy = busy
}

// rung rings when something has come; for who waits for a turn it can wait as well.
func (l *loop) rung() <-chan struct{} {
	if l.awaited() != nil {
		return nil
	}
	return l.bell
}

// looksOn: it waits for a turn, may go on waiting, and nothing has come to be taken in.
func (l *loop) looksOn() bool {
	since := l.turn.since
	if since.IsZero() || time.Since(since) >= turnWait {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.inbox) == 0
}

// sleep is the time to the machine's next deadline, or to the next look of one that may not
// begin anything.
func (l *loop) sleep() time.Duration {
	if since := l.turn.since; !since.IsZero() {
		return max(0, min(lookEvery, time.Until(since.Add(turnWait))))
	}
	wake := l.machine.Wake()
	if wake.IsZero() {
		return time.Hour
	}
	return max(0, time.Until(wake))
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
	l.noteHindrance()
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
	if l.machine.Hidden() {
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
	if l.shown == nil {
		return
	}
	l.m.publishing.Lock()
	defer l.m.publishing.Unlock()
	l.m.publish(l.m.Store.RemoveMaster(l.shown))
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
func (l *loop) follow() {
	wanted := map[string]bool{}
	settled := true
	downAfter := time.Duration(0)
	for _, t := range l.machine.Targets() {
		wanted[t.UID] = true
		p := l.probes[t.UID]
		if p != nil && (p.addr != t.Addr || p.vitals != t.Vitals) {
			p.stop()
			p = nil
		}
		if p == nil {
			p = startProbe(l, t)
			l.probes[t.UID] = p
		}
		p.setHurry(t.Hurry)
		p.often.Store(t.Often)
		p.downAfter.Store(int64(t.DownAfter))
		downAfter = t.DownAfter
		settled = settled && p.tried.Load()
	}
	l.downAfter.Store(int64(downAfter))
	for uid, p := range l.probes {
		if !wanted[uid] {
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

func (l *loop) end() { l.cancel() }

func (l *loop) close() {
	for _, p := range l.probes {
		p.stop()
	}
	l.control.close()
	l.pills.close()
	l.turn.end()
	l.noteBusy(false)
	if l.removed {
		l.m.Metrics.removed(false)
	}
	if l.m.ctx.Err() == nil { // the set is gone, not the service
		l.hide()
	}
}
