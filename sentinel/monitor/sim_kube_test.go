package monitor_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/monitor"
)

// The API server: the record with its resourceVersion, the pods, and calls that fail
// in the three ways of an outage.

type api struct {
	record   sentinel.Record
	settings sentinel.Settings
	outage   outage
	watchLag float64 // the share of changes that a watch delivers late
}

// outage is what becomes of a call while the way to the API server is cut.
type outage int

const (
	refuses   outage = iota // an error at once
	hangs                   // nothing until the caller's timeout
	forgetful               // carried out, now or later, and not answered
)

var errUnreachable = errors.New("the API server does not answer")

// kube is a monitor.Kubernetes: the API client of one replica of the service.
type kube struct{ v *service }

var _ monitor.Kubernetes = kube{}

// request is a call. do is carried out at the server, with the lock held.
func (k kube) request(ctx context.Context, do func() error) error {
	w, v := k.v.w, k.v
	answer := make(chan error, 1)
	way := func() time.Duration { return w.dice.rarely(0.03, 8*time.Millisecond, 500*time.Millisecond) }
	arrive := func() {
		if !w.cut[v.place][apiServer] {
			err := do()
			w.after(way(), func() {
				if !w.cut[v.place][apiServer] {
					v.in(func() { answer <- err })
				}
			})
			return
		}
		switch w.outage {
		case refuses:
			v.in(func() { answer <- errUnreachable })
		case forgetful:
			w.after(w.dice.rarely(0.3, time.Millisecond, 10*time.Second), func() { _ = do() })
		}
	}
	w.mu.Lock()
	v.out(func() { w.after(way(), arrive) })
	w.mu.Unlock()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// read is a request with a value in its answer.
func read[T any](ctx context.Context, k kube, look func() (T, error)) (T, error) {
	value := new(T) // written by a late answer, too, when nobody reads it any more
	err := k.request(ctx, func() (err error) {
		*value, err = look()
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return *value, nil
}

func (k kube) Get(ctx context.Context, _ string) (sentinel.Record, error) {
	return read(ctx, k, func() (sentinel.Record, error) {
		k.v.highest = max(k.v.highest, k.v.w.record.Epoch)
		return k.v.w.record, nil
	})
}

func (k kube) Put(ctx context.Context, _ string, r sentinel.Record) (sentinel.Record, error) {
	k.v.ordered("Put "+string(r.Phase), "the record")
	return read(ctx, k, func() (sentinel.Record, error) { return k.v.w.put(k.v, r) })
}

// put is the compare-and-swap, with the rules of k8s.Records.
func (w *world) put(v *service, next sentinel.Record) (sentinel.Record, error) {
	if next.Version == "" {
		next.Epoch = max(next.Epoch, v.highest+1)
	}
	if next.Epoch < v.highest || next.Version != w.record.Version {
		w.count("commit refused")
		w.tell("%s may not write the record: %s, target %s", v.name, next.Phase, or(next.Target.Pod, "none"))
		return sentinel.Record{}, fmt.Errorf("record of %s: %w", setName, sentinel.ErrConflict)
	}
	before := w.record
	w.checkLeftAlone(v, next)
	w.names++
	next.Seq++
	next.Format = sentinel.Format
	next.Version = strconv.Itoa(w.names)
	w.wrote()
	w.record = next
	v.highest = max(v.highest, next.Epoch)
	w.count("phase " + string(next.Phase))
	w.tell("%s writes the record: epoch %d %s, master %s, target %s, fence %d/%d, term %d (%s)", v.name, next.Epoch, next.Phase,
		or(next.Master.Pod, "nobody"), or(next.Target.Pod, "none"), next.Fence, next.TargetFence, next.Term, next.Reason)
	w.checkCommit(before, next)
	for _, s := range w.services {
		s.hearRecord(next)
	}
	return next, nil
}

func (k kube) Pods(ctx context.Context, _ string) ([]sentinel.Pod, error) {
	return read(ctx, k, func() ([]sentinel.Pod, error) { return k.v.w.set().Pods, nil })
}

func (k kube) Label(ctx context.Context, pod sentinel.Pod, role sentinel.Role) error {
	return k.request(ctx, func() error {
		i := slices.IndexFunc(k.v.w.pods, func(p *simPod) bool { return p.UID == pod.UID })
		if i < 0 {
			return errors.New("no such pod")
		}
		k.v.w.wrote()
		k.v.w.pods[i].Role = role
		k.v.w.podsChanged()
		return nil
	})
}

func (k kube) GetSettings(ctx context.Context) (sentinel.Settings, error) {
	return read(ctx, k, func() (sentinel.Settings, error) { return k.v.w.settings, nil })
}

func (k kube) PutSettings(ctx context.Context, s sentinel.Settings) (sentinel.Settings, error) {
	return read(ctx, k, func() (sentinel.Settings, error) {
		k.v.w.settings = s
		return s, nil
	})
}

// Record is a Kubernetes Event; it belongs into the story.
func (k kube) Record(_, _ string, _ bool, reason, message string) {
	k.v.w.mu.Lock()
	defer k.v.w.mu.Unlock()
	if !k.v.w.over {
		k.v.w.wrote()
		k.v.w.tell("%s reports %s: %s", k.v.name, reason, message)
	}
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}
