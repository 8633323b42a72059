package chaos

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
)

// writes sees what the service writes: each change of a record, of the leader Lease, of a
// pod's role label, and each Event. Informers are told of every change, also of those while
// the API server was away, unless it has forgotten them.
func (w *watchers) writes(ctx context.Context) {
	factory := informers.NewSharedInformerFactoryWithOptions(w.f.Client, 0, informers.WithNamespace(namespace))
	see := func(informer cache.SharedIndexInformer, what func(before, now any) (set int, kind string, is bool)) {
		note := func(before, now any) {
			if set, kind, is := what(before, now); is {
				one := Write{Set: set, What: kind, At: w.h.Now()}
				w.h.Record(func(h *History) { h.Writes = append(h.Writes, one) })
			}
		}
		_, _ = informer.AddEventHandler(cache.ResourceEventHandlerDetailedFuncs{
			AddFunc: func(object any, initial bool) {
				if !initial {
					note(nil, object)
				}
			},
			UpdateFunc: note,
		})
	}
	see(factory.Coordination().V1().Leases().Informer(), leaseWrite)
	see(factory.Core().V1().Pods().Informer(), labelWrite)
	see(factory.Core().V1().Events().Informer(), eventWrite)
	factory.Start(ctx.Done())
	<-ctx.Done()
	factory.Shutdown()
}

func leaseWrite(before, now any) (set int, kind string, is bool) {
	lease := now.(*coordinationv1.Lease)
	if before != nil && before.(*coordinationv1.Lease).ResourceVersion == lease.ResourceVersion {
		return 0, "", false
	}
	if lease.Name == leasePrefix+"sentinel-leader" {
		return leaderWrites, LeaseWrite, true
	}
	set = setOf(lease.Annotations["redis-sentinel-k8s/master-name"])
	return set, RecordWrite, set >= 0
}

// labelWrite: a pod that is made has no role.
func labelWrite(before, now any) (set int, kind string, is bool) {
	const role = "redis-sentinel-k8s/role"
	pod := now.(*corev1.Pod)
	had := ""
	if before != nil {
		had = before.(*corev1.Pod).Labels[role]
	}
	set = setOf(pod.Labels["redis-sentinel-k8s/master-name"])
	return set, LabelWrite, set >= 0 && pod.Labels[role] != had
}

func eventWrite(before, now any) (set int, kind string, is bool) {
	event := now.(*corev1.Event)
	if event.Source.Component != "redis-sentinel-k8s" || before != nil && before.(*corev1.Event).ResourceVersion == event.ResourceVersion {
		return 0, "", false
	}
	for _, s := range sets {
		if strings.HasPrefix(event.InvolvedObject.Name, s.release+"-redis-cache") {
			return s.number, EventWrite, true
		}
	}
	return leaderWrites, EventWrite, true // on the leader Lease, or what is no set of ours
}

// TestWritesAreSeen: each kind of write is one of its set, and nothing else is.
func TestWritesAreSeen(t *testing.T) {
	pod := func(role string) *corev1.Pod {
		return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{
			"redis-sentinel-k8s/master-name": "gamma", "redis-sentinel-k8s/role": role,
		}}}
	}
	lease := func(name, master, version string) *coordinationv1.Lease {
		return &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{
			Name: name, ResourceVersion: version, Annotations: map[string]string{"redis-sentinel-k8s/master-name": master},
		}}
	}
	event := func(component, object string) *corev1.Event {
		return &corev1.Event{Source: corev1.EventSource{Component: component}, InvolvedObject: corev1.ObjectReference{Name: object}}
	}
	type seen struct {
		set  int
		kind string
		is   bool
	}
	all := func(set int, kind string, is bool) seen { return seen{set, kind, is} }
	for name, c := range map[string]struct{ got, want seen }{
		"a label":            {all(labelWrite(pod("replica"), pod("master"))), seen{2, LabelWrite, true}},
		"a pod's status":     {all(labelWrite(pod("master"), pod("master"))), seen{2, LabelWrite, false}},
		"a record":           {all(leaseWrite(lease("x", "beta", "1"), lease("x", "beta", "2"))), seen{1, RecordWrite, true}},
		"a record, again":    {all(leaseWrite(lease("x", "beta", "2"), lease("x", "beta", "2"))), seen{}},
		"the leader Lease":   {all(leaseWrite(nil, lease(leasePrefix+"sentinel-leader", "", "1"))), seen{leaderWrites, LeaseWrite, true}},
		"a stranger's Lease": {all(leaseWrite(nil, lease("y", "", "1"))), seen{-1, RecordWrite, false}},
		"an Event":           {all(eventWrite(nil, event("redis-sentinel-k8s", "five-redis-cache-4"))), seen{3, EventWrite, true}},
		"a kubelet's Event":  {all(eventWrite(nil, event("kubelet", "five-redis-cache-4"))), seen{}},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
}

// TestMinutes: the worst minute is any, and the others are those of the clock.
func TestMinutes(t *testing.T) {
	h := &History{Outcomes: []Outcome{{Healed: 3 * time.Minute}}}
	for _, at := range []time.Duration{10 * second, 50 * second, 70 * second, 80 * second, 170 * second} {
		h.Writes = append(h.Writes, Write{Set: 1, What: RecordWrite, At: at}, Write{Set: 0, What: LabelWrite, At: at})
	}
	each, worst, at := h.minutes(1, RecordWrite)
	if len(each) != 3 || each[0] != 2 || each[1] != 2 || each[2] != 1 || worst != 3 || at != 80*second {
		t.Errorf("%v, worst %d at %s; want [2 2 1], worst 3 at 1m20s", each, worst, at)
	}
	if n := len(h.fewWrites(2)); n != 0 {
		t.Errorf("%d violations of few writes", n)
	}
	for range writesMost {
		h.Writes = append(h.Writes, Write{Set: 1, What: EventWrite, At: 100 * second})
	}
	if found := h.fewWrites(2); len(found) != 1 || found[0].Set != 1 || found[0].Promise != FewWrites {
		t.Errorf("%v of %d writes within a minute", found, writesMost+3)
	}
	var b strings.Builder
	h.writes(&b)
	if text := strings.Join(strings.Fields(b.String()), " "); !strings.Contains(text, fmt.Sprintf("set 1 2 %d records 2 3 labels 0 0 Events 0 %d", writesMost+3, writesMost)) {
		t.Errorf("not told in\n%s", b.String())
	}
}
