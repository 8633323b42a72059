package monitor

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// redialsAtMost in ten seconds: the pauses double from a millisecond to half a second.
const redialsAtMost = 40

// TestWhoHangsUpIsNotDialedWithoutPause: it answers the greeting and closes each time.
func TestWhoHangsUpIsNotDialedWithoutPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, dials := watched(nil, time.Minute), 0
		p.loop.m.Watch = func(context.Context, sentinel.Addr, string) (Pulse, sentinel.Snapshot, error) {
			dials++
			time.Sleep(time.Millisecond)
			return closedPulse(), sentinel.Snapshot{}, nil
		}
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		p.run(ctx)
		if dials > redialsAtMost {
			t.Errorf("dialed %d times in 10 s", dials)
		}
	})
}

// TestACutIsRedialedAtOnce: what answers there tells a restart from a cut. However many
// there were, one that lived for a while before is noticed as soon as the first.
func TestACutIsRedialedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		p := watched(nil, time.Minute)
		p.loop.m.pingPeriod.Store(int64(time.Hour))
		cut, dials := time.Now(), 0
		p.loop.m.Watch = func(context.Context, sentinel.Addr, string) (Pulse, sentinel.Snapshot, error) {
			if late := time.Since(cut); late > redialFirst {
				t.Errorf("dialed %s after the cut", late)
			}
			if dials++; dials == 20 {
				stop()
			}
			conn := &hung{ended: make(chan struct{})}
			time.AfterFunc(2*time.Second, func() { cut = time.Now(); conn.Close() })
			return conn, sentinel.Snapshot{}, nil
		}
		p.run(ctx)
		if dials != 20 {
			t.Errorf("dialed %d times", dials)
		}
	})
}

func closedPulse() Pulse {
	h := &hung{ended: make(chan struct{})}
	h.Close()
	return h
}

// TestAConnectionAheadIsNotOpenedWithoutPause: somebody cuts each as soon as it is there,
// and other news of the set come at any time.
func TestAConnectionAheadIsNotOpenedWithoutPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		var dials atomic.Int64
		m := &Monitor{Options: Options{Log: logrus.New(), Seal: func(uint64) string { return "" }}, ctx: ctx, attention: newAttention(time.Now())}
		m.Dial = func(context.Context, sentinel.Addr, string) (Conn, sentinel.Snapshot, error) {
			dials.Add(1)
			time.Sleep(time.Millisecond)
			return cutConn{}, sentinel.Snapshot{}, nil
		}
		l := newLoop(m, "mymaster")
		l.acting = ctx
		p := sentinel.Process{UID: "u-0", RunID: "run"}
		for ctx.Err() == nil {
			l.open(l.control, p)
			select {
			case <-l.bell:
				l.take()
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
			}
		}
		m.wg.Wait()
		if n := dials.Load(); n < 10 || n > redialsAtMost {
			t.Errorf("opened %d times in 10 s", n)
		}
	})
}

// cutConn was cut by somebody as soon as it was there.
type cutConn struct{ Conn }

func (cutConn) RunID() string { return "run" }
func (cutConn) Close()        {}
func (cutConn) Lost() <-chan struct{} {
	ended := make(chan struct{})
	close(ended)
	return ended
}
func (cutConn) OnLost(f func()) { go f() }

// TestOnlyTheKeptConnectionIsGivenUp: what fails on one that was replaced leaves the next one,
// to which an order may be tied, and neither it nor a pod that is gone is remembered.
func TestOnlyTheKeptConnectionIsGivenUp(t *testing.T) {
	c := newControl(nil, nil, "ctl")
	p := sentinel.Process{UID: "u-0", RunID: "run"}
	first, err := c.keep(p, cutConn{}, c.term, "first")
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.keep(p, cutConn{}, c.term, "second")
	if err != nil {
		t.Fatal(err)
	}
	c.discard(p.UID, first.number)
	if kept, err := c.kept(p); err != nil || kept.number != second.number {
		t.Errorf("kept is %d, want %d (%v)", kept.number, second.number, err)
	}
	if pause := c.lost(p, first.number, 0); pause != 0 || len(c.ahead) > 0 {
		t.Errorf("the end of the first one counts: %s", pause)
	}
	if pause := c.lost(p, second.number, 0); pause == 0 {
		t.Error("the end of the second one does not count")
	}
	c.drop(p.UID)
	if c.lost(p, second.number, 0); len(c.ahead) > 0 {
		t.Error("a pod that is gone is remembered")
	}
}
