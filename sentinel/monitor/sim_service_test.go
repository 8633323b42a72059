package monitor_test

import (
	"io"
	"strings"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/monitor"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// service is one process of the service: a real Monitor with a real store, and what
// ties it to the world.
type service struct {
	w       *world
	seat    int
	name    string
	place   place
	up      bool
	monitor *monitor.Monitor
	store   *store.Store
	shown   *sentinel.View // as committed last
	highest uint64         // epoch that its API client has seen
	heard   uint64         // the newest record of its watch
	conns   map[*conn]bool
	// held is what it says and hears while it is held up. A goroutine cannot be stopped
	// from outside, so its timers go on meanwhile: it sees a silence all around, and
	// what it decides then reaches the others late.
	holding bool
	held    []func()

	podWatch, recordWatch pipe
}

// startService puts a new process on a seat. It begins with a LIST of everything.
func (w *world) startService(seat int) {
	v := &service{w: w, seat: seat, name: "service-" + string(rune('a'+seat)), place: firstService + place(seat), up: true}
	v.store, v.conns = store.New(), map[*conn]bool{}
	v.podWatch = pipe{from: apiServer, to: v.place}
	v.recordWatch = v.podWatch
	log := logrus.New()
	log.SetOutput(io.Discard)
	log.SetLevel(logrus.PanicLevel) // what people are told is in the story already
	dial, watch := w.guardDial(v.dial, v.watch)
	v.monitor = monitor.New(monitor.Options{
		Kubernetes: w.guardKube(kube{v}), Dial: dial, Watch: watch, Store: &watchedStore{v.store, v}, Publish: v.publish, Log: log, Seal: w.seal,
	})
	w.services[seat] = v
	w.tell("%s starts", v.name)
	set, record := w.set(), w.record
	w.carryIn(&v.podWatch, 5*time.Millisecond, func() { v.in(func() { v.monitor.SetChanged(set) }) })
	if record.Exists() {
		w.carryIn(&v.recordWatch, 5*time.Millisecond, func() { v.in(func() { v.take(record) }) })
	}
}

// crash ends the process: its kernel closes the connections, and what its goroutines
// still do reaches nobody.
func (v *service) crash() {
	v.w.tell("%s crashes", v.name)
	v.up, v.held = false, nil
	for c := range v.conns {
		c.leave()
		c.end()
	}
	v.w.ending.Go(v.monitor.Close)
}

// in lets something reach the process, out lets it say something.
func (v *service) in(do func()) { v.out(do) }

func (v *service) out(do func()) {
	switch {
	case !v.up:
	case v.holding:
		v.held = append(v.held, do)
	default:
		do()
	}
}

func (v *service) holdUp(d time.Duration) {
	if v.holding || !v.up {
		return
	}
	v.w.tell("%s is held up", v.name)
	v.holding = true
	v.w.after(d, v.goOn)
}

func (v *service) goOn() {
	if !v.holding {
		return
	}
	v.w.tell("%s goes on", v.name)
	v.holding = false
	held := v.held
	v.held = nil
	for _, do := range held {
		v.out(do)
	}
}

// hearRecord delivers a change of the record: late at times, and then after newer ones
// as the answer to a write overtakes the watch.
func (v *service) hearRecord(r sentinel.Record) {
	w := v.w
	tell := func() { v.in(func() { v.take(r) }) }
	d := w.dice.rarely(w.watchLag, 10*time.Millisecond, 3*time.Second)
	if w.dice.chance(0.1) {
		w.after(d, func() { w.arrive(&v.recordWatch, tell) })
		return
	}
	w.carryIn(&v.recordWatch, d, tell)
}

func (v *service) take(r sentinel.Record) {
	if r.Seq < v.heard {
		v.w.count("record heard late")
		v.w.tell("%s hears of record %d after %d", v.name, r.Seq, v.heard)
	}
	v.heard = max(v.heard, r.Seq)
	v.highest = max(v.highest, r.Epoch)
	v.monitor.RecordChanged(setName, v.w.heardBy(r))
}

// podsChanged delivers the set to all, in order: an informer never shows an older one.
func (w *world) podsChanged() {
	set := w.set()
	for _, v := range w.services {
		w.carryIn(&v.podWatch, w.dice.rarely(w.watchLag, 10*time.Millisecond, 3*time.Second), func() {
			v.in(func() { v.monitor.SetChanged(set) })
		})
	}
}

// lead makes a service the leader with the next term; the one before hears of it late.
func (w *world) lead(seat int, late time.Duration) {
	w.term++
	term, v := w.term, w.services[seat]
	var old *service
	if w.leader >= 0 && w.leader != seat {
		old = w.services[w.leader]
	}
	w.leader, w.marked = seat, false
	w.tell("%s leads with term %d", v.name, term)
	w.after(w.dice.between(0, 20*time.Millisecond), func() {
		if w.term == term {
			v.in(func() { v.monitor.Leading(term) })
		}
	})
	if old == nil {
		return
	}
	w.after(late, func() {
		if w.leader != old.seat {
			w.tell("%s learns that it does not lead", old.name)
			old.in(old.monitor.NotLeading)
		}
	})
}

// leads tells whether the leader of the Lease runs and knows that it leads.
func (w *world) leads() bool {
	v := w.services[w.leader]
	return v.up && v.monitor.IsLeading()
}

// watchedStore sees each view in the moment of its commit.
type watchedStore struct {
	*store.Store
	v *service
}

func (s *watchedStore) CommitMaster(view *sentinel.View) []sentinel.Event {
	events := s.Store.CommitMaster(view)
	s.v.w.mu.Lock()
	defer s.v.w.mu.Unlock()
	s.v.w.checkView(s.v, view)
	s.v.shown = view
	return events
}

func (s *watchedStore) RemoveMaster(view *sentinel.View) []sentinel.Event {
	events := s.Store.RemoveMaster(view)
	s.v.w.mu.Lock()
	defer s.v.w.mu.Unlock()
	s.v.shown = nil
	return events
}

// publish checks P6: subscribers hear of a new master when queries name it.
func (v *service) publish(channel, payload string) {
	if channel != "+switch-master" {
		return
	}
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	v.w.count("switch-master told")
	told, fields := v.store.Snapshot().Master(setName), strings.Fields(payload)
	if told == nil || len(fields) != 5 || fields[3] != told.Master.Addr.Host {
		v.w.violate("P6", "%s publishes %q and answers something else", v.name, payload)
	}
}
