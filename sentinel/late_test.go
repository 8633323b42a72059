package sentinel

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// TestCutsThoseWhoCameLate: a former master is asked three times whether it refuses
// somebody a write, each time once. Nobody else is, nor one that refused to follow, whose
// clients were not cut.
func TestCutsThoseWhoCameLate(t *testing.T) {
	for _, refusal := range []error{nil, errors.New("NOPERM")} {
		cutsLate(t, refusal)
	}
}

func cutsLate(t *testing.T, refusal error) {
	t.Helper()
	m := NewMachine("mymaster")
	master, former, other := follower("a", "redis-0", "id", 100), follower("b", "redis-1", "id", 100), follower("c", "redis-2", "id", 100)
	for _, i := range []*instance{master, former, other} {
		i.snapshot.MasterAddr = Nowhere
		m.instances[i.pod.UID] = i
	}
	m.rec.Master, m.rec.Former, m.rec.Lineage.ReplID = master.process(), former.process(), "id"
	began := time.Unix(1000, 0)
	m.now = began
	m.followAll(m.rec.Master, Process{})
	for _, id := range []uint64{former.order, other.order} {
		Done{ID: id, Err: refusal}.observe(m)
	}
	m.out = nil

	var at []time.Duration
	for ; m.now.Sub(began) <= time.Minute; m.now = m.now.Add(100 * time.Millisecond) {
		m.cutLate()
		for _, o := range m.out {
			if late, is := o.Action.(CutLate); !is || !late.Process.Same(former.process()) {
				t.Errorf("%#v", o.Action)
			}
			at = append(at, m.now.Sub(began))
		}
		m.out = nil
	}
	want := []time.Duration{time.Second, 3 * time.Second, 10 * time.Second}
	if refusal != nil {
		want = nil
	}
	if !slices.Equal(at, want) {
		t.Errorf("refused %v: asked after %v, want %v", refusal, at, want)
	}
}

// TestAMasterIsNotCut: who became the master again is left alone.
func TestAMasterIsNotCut(t *testing.T) {
	m := NewMachine("mymaster")
	i := follower("a", "redis-0", "id", 100)
	i.late = late{cutAt: time.Unix(1000, 0)}
	m.instances["a"], m.rec.Master, m.now = i, i.process(), time.Unix(1002, 0)
	m.cutLate()
	if len(m.out) > 0 || !i.late.next().IsZero() {
		t.Errorf("%v, and again at %v", m.out, i.late.next())
	}
}
