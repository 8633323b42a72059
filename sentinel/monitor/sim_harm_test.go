package monitor_test

import (
	"context"
	"slices"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// What each fault does to processes, pods and ways.

func (w *world) anyService(d dice) *service { return w.services[d.IntN(len(w.services))] }
func (w *world) anyWriter(d dice) place     { return w.writers[d.IntN(len(w.writers))].place }

// anyPod prefers the master's, which is where most can go wrong; nil while there is none.
func (w *world) anyPod(d dice) *simPod {
	m, preferred := w.recordMaster(), d.chance(0.5)
	if m != nil && preferred && !m.pod.gone {
		return m.pod
	}
	if len(w.pods) == 0 {
		return nil
	}
	return w.pods[d.IntN(len(w.pods))]
}

func (w *world) anyProcess(d dice) *process {
	if len(w.pods) == 0 {
		return nil
	}
	return w.pods[d.IntN(len(w.pods))].process
}

func (w *world) recordMaster() *process { return w.process(w.record.Master) }
func (w *world) recordTarget() *process { return w.process(w.record.Target) }

func placeOf(r *process) place {
	if r == nil {
		return apiServer
	}
	return r.place
}

func (w *world) crash(r *process) {
	if r != nil {
		r.die()
	}
}

// evict deletes a pod as the eviction API does: one at a time, while all are ready.
func (w *world) evict(d dice, announced bool) {
	p := w.anyPod(d)
	notAlive := func(q *simPod) bool { return !q.alive() }
	if p == nil || p.gone || p.Terminating || len(w.pods) < w.size || w.plan.lossless && slices.ContainsFunc(w.pods, notAlive) {
		return
	}
	if !announced {
		w.deletePod(p)
		return
	}
	w.tell("%s is to be evicted", p.Name)
	p.Disrupted = true
	w.podsChanged()
	w.after(d.between(0, time.Second), func() { w.deletePod(p) })
}

func (w *world) stop(d dice, r *process) {
	if r == nil || !r.up || r.frozen {
		return
	}
	r.freeze()
	w.after(d.rarely(0.7, time.Second, 12*time.Second), r.wake)
}

// island cuts a process off from all but some.
func (w *world) island(d dice, r *process, but ...place) {
	if r == nil {
		return
	}
	w.tell("%s is cut off, but for %v", r.pod.Name, but)
	w.isolate(r.place, true, but...)
	w.after(d.rarely(0.7, time.Second, 12*time.Second), func() {
		w.tell("%s is reached again", r.pod.Name)
		w.isolate(r.place, false)
	})
}

// cutSome cuts one way between two that have to do with each other.
func (w *world) cutSome(d dice) {
	end := func() place {
		switch n := d.IntN(10); {
		case n < 5:
			return firstNode + place(d.IntN(w.plan.size))
		case n < 8:
			return w.anyService(d).place
		case n < 9:
			return apiServer
		}
		return w.anyWriter(d)
	}
	w.cutFor(d, end(), end())
}

func (w *world) cutFor(d dice, a, b place) {
	w.tell("cut between %d and %d", a, b)
	w.outage = outage(d.IntN(3))
	w.setCut(a, b, true)
	w.after(d.rarely(0.7, time.Second, 12*time.Second), func() {
		w.tell("healed between %d and %d", a, b)
		w.setCut(a, b, false)
	})
}

func (w *world) power(d dice) {
	if p := w.anyPod(d); p != nil {
		w.loseNode(p, d.between(time.Second, 15*time.Second))
	}
}

// starve cuts the master off from the other members alone, until its lags show.
func (w *world) starve(d dice) {
	m := w.recordMaster()
	if m == nil {
		return
	}
	w.tell("%s is cut off from the other members", m.pod.Name)
	span := d.between(10*time.Second, 20*time.Second)
	for n := range firstService {
		w.setCut(m.place, n, true)
		w.after(span, func() { w.setCut(m.place, n, false) })
	}
}

// ask does on a replica of the service what a client asked for there.
func (w *world) ask(d dice, do func(ctx context.Context, v *service) error) {
	v := w.anyService(d)
	if !v.up {
		return
	}
	w.ending.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if do(ctx, v) == nil {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.count("request granted")
		}
	})
}

func (w *world) askFailover(d dice) {
	w.ask(d, func(ctx context.Context, v *service) error { return v.monitor.Failover(ctx, setName, "a client") })
}

func (w *world) setOption(d dice) {
	lag := []string{"1000", "2000", "3000"}[d.IntN(3)]
	w.ask(d, func(ctx context.Context, v *service) error {
		return v.monitor.Set(ctx, setName, []sentinel.Setting{{Option: sentinel.OptionDownAfter, Value: lag}})
	})
}

func (w *world) resetAll(d dice) {
	w.ask(d, func(ctx context.Context, v *service) error {
		_, err := v.monitor.Reset(ctx, func(string) bool { return true })
		return err
	})
}
