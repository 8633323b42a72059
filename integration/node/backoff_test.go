package node

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/client-go/util/flowcontrol"
)

// TestBackoffIsAKubelets plays random lives of a container under the library that
// kubelets use for this, configured and asked as they do, and under ours.
func TestBackoffIsAKubelets(t *testing.T) {
	for _, most := range []time.Duration{time.Second, 10 * time.Second, 45 * time.Second, 5 * time.Minute} {
		t.Run(most.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { comparePauses(t, most) })
		})
	}
}

// comparePauses runs in a bubble, whose clock jumps from one sleep to the next.
func comparePauses(t *testing.T, most time.Duration) {
	random := rand.New(rand.NewPCG(1, uint64(most)))
	kubelet, ours := newKubelet(most), backoff{most: most}
	waited := 0
	for range 2000 {
		time.Sleep(someLife(random))
		ended := time.Now()
		time.Sleep(time.Duration(random.IntN(1000)) * time.Millisecond) // until it is noticed
		noticed := time.Now()
		due := ours.until(ended)
		started := kubelet.start(ended)
		if want := later(noticed, due); started.Sub(want).Abs() > polls {
			t.Fatalf("a container that ended at %s, noticed %s later: started after %s, want %s",
				ended.Format(time.TimeOnly), noticed.Sub(ended), want.Sub(ended), started.Sub(ended))
		}
		ours.restarted(started)
		if due.After(noticed) {
			waited++
		}
	}
	if waited < 200 || waited > 1900 {
		t.Errorf("%d of 2000 ends were followed by a back-off: the lives are badly chosen", waited)
	}
}

// someLife is short in most cases, and sometimes long enough for the past to be
// forgotten, or nearly so.
func someLife(random *rand.Rand) time.Duration {
	most := []time.Duration{time.Second, time.Minute, 9 * time.Minute, 20 * time.Minute}[random.IntN(4)]
	return time.Duration(random.Int64N(int64(most)))
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// kubelet asks the library.
type kubelet struct{ *flowcontrol.Backoff }

// polls is how often it asks. Real ones ask when there is a reason to.
const polls = 50 * time.Millisecond

func newKubelet(most time.Duration) kubelet {
	b := flowcontrol.NewBackOff(min(10*time.Second, most), most)
	b.HasExpiredFunc = func(event, last time.Time, _ time.Duration) bool { return event.Sub(last) > 10*time.Minute }
	return kubelet{b}
}

// start returns when the container is started that ended at that time.
func (k kubelet) start(ended time.Time) time.Time {
	for {
		k.GC()
		if !k.IsInBackOffSince("container", ended) {
			k.Next("container", ended)
			return time.Now()
		}
		time.Sleep(polls)
	}
}

// TestPauses says the same in figures, for readers.
func TestPauses(t *testing.T) {
	for most, want := range map[time.Duration][]time.Duration{
		-1:               {0, 0, 0},
		time.Second:      {0, time.Second, time.Second},
		30 * time.Second: {0, 10 * time.Second, 20 * time.Second, 30 * time.Second, 30 * time.Second},
		0: {
			0, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second,
			5 * time.Minute, 5 * time.Minute,
		},
	} {
		b := backoff{most: Restarts{Most: most}.complete().Most}
		now := time.Unix(1_000_000, 0)
		for n, pause := range want {
			ended := now.Add(time.Second)
			if now = b.until(ended); now.Sub(ended) != pause {
				t.Errorf("at most %s, end %d: a pause of %s, want %s", most, n+1, now.Sub(ended), pause)
			}
			b.restarted(now)
		}
		ended := now.Add(forgetAfter + time.Second)
		if got := b.until(ended); got != ended {
			t.Errorf("at most %s, after a long life: a pause of %s, want none", most, got.Sub(ended))
		}
	}
}

// TestKilledByAProbe: a container that the kubelet ends itself is back at once, unless
// the end before it was so lately that its back-off would still last.
func TestKilledByAProbe(t *testing.T) {
	start := time.Unix(1_000_000, 0)
	b := backoff{most: usualMost}
	if got := b.untilKilled(time.Time{}, start); got != start {
		t.Errorf("the first one rests for %s, want not at all", got.Sub(start))
	}
	b.restarted(start) // it crashed then
	for after, pause := range map[time.Duration]time.Duration{3 * time.Second: 10 * time.Second, 11 * time.Second: 0} {
		ended := start.Add(after)
		if got := b.untilKilled(start, ended).Sub(ended); got != pause {
			t.Errorf("killed %s after a crash it rests for %s, want %s", after, got, pause)
		}
	}
}

func TestLooks(t *testing.T) {
	first := time.Unix(1_000_000, 0)
	l := looks{first: first, every: time.Second}
	for at, want := range map[time.Duration]time.Duration{
		0: 0, time.Millisecond: time.Second, time.Second: time.Second, 1400 * time.Millisecond: 2 * time.Second,
		-300 * time.Millisecond: 0, -1300 * time.Millisecond: -time.Second,
	} {
		if got := l.after(first.Add(at)).Sub(first); got != want {
			t.Errorf("what happens at %s is seen at %s, want %s", at, got, want)
		}
	}
	if got := (looks{first: first, every: -1}).after(first.Add(1)); got != first.Add(1) {
		t.Error("without looks an end is not noticed at once")
	}
}
