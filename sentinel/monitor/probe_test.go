package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// hung is a connection on which no PING is answered until it is closed.
type hung struct {
	Pulse
	asked chan time.Time
	close sync.Once
	ended chan struct{}
}

func (h *hung) Lost() <-chan struct{} { return h.ended }
func (h *hung) Close()                { h.close.Do(func() { close(h.ended) }) }

func (h *hung) Ping(by time.Time) (bool, error) {
	h.asked <- by
	<-h.ended
	return false, errors.New("closed")
}

// watched is a probe of an instance that was reached, on this connection and no other.
func watched(conn Pulse, downAfter time.Duration) *probe {
	m := &Monitor{attention: newAttention(time.Now())}
	m.Watch = func(context.Context, sentinel.Addr, string) (Pulse, sentinel.Snapshot, error) {
		return conn, sentinel.Snapshot{}, nil
	}
	p := &probe{loop: &loop{m: m, bell: make(chan struct{}, 1)}, vitals: sentinel.NewVitals(time.Now()), changed: make(chan struct{}, 1)}
	p.downAfter.Store(int64(downAfter))
	return p
}

// TestStoppedProbeWaitsForNobody: its end ends the question under way, and tells nothing
// of the instance, which another probe may have in hand by then.
func TestStoppedProbeWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := &hung{asked: make(chan time.Time, 1), ended: make(chan struct{})}
		p := watched(conn, time.Minute)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); p.run(ctx) }()
		by := <-conn.asked
		if within := time.Until(by); within != 30*time.Second {
			t.Errorf("a PING may take %s, want half of down-after", within)
		}
		began := time.Now()
		stop()
		<-done
		if took := time.Since(began); took > 0 {
			t.Errorf("it ended after %s", took)
		}
		if _, lost := p.vitals.Lost(time.Now()); lost {
			t.Error("the instance counts as lost")
		}
	})
}

// TestOwnEndIsNoLoss, also where both are noticed at once.
func TestOwnEndIsNoLoss(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	stop()
	conn := &hung{ended: make(chan struct{})}
	conn.Close()
	for range 100 {
		p := watched(conn, time.Minute)
		p.watch(ctx, conn)
		if _, lost := p.vitals.Lost(time.Now()); lost {
			t.Fatal("the instance counts as lost")
		}
	}
}

// unwell answers PING, with an error.
type unwell struct{ hung }

func (u *unwell) Ping(time.Time) (bool, error) { return false, nil }

// TestUnwellIsTold: who answers PING with an error for down-after counts as silent, and
// it is told that it does answer.
func TestUnwellIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		conn := &unwell{hung{ended: make(chan struct{})}}
		p := watched(conn, 2*time.Second)
		p.loop.m.pingPeriod.Store(int64(time.Second))
		go p.loop.m.attention.run(ctx, logrus.New(), nil)
		done := make(chan struct{})
		go func() { defer close(done); p.watch(ctx, conn) }()
		began := time.Now()
		want, told := sentinel.InstanceLost{Loss: sentinel.LinkSilent, Unwell: true, Why: "it answers PING with an error"}, false
		for !told {
			select {
			case <-p.loop.bell:
				got := p.loop.take()
				told = len(got) == 1 && got[0] == want
			case <-time.After(time.Minute):
				t.Fatal("it is not told")
			}
		}
		if took := time.Since(began); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("told after %s, want down-after and at most a PING more", took)
		}
		stop()
		<-done
	})
}

// TestRefusals: a connection that is refused, or accepted and closed before any answer, is
// told at once. One that ends later, or that nobody accepts, is silence at first.
func TestRefusals(t *testing.T) {
	told := func(p *probe) sentinel.Link {
		for _, o := range p.loop.take() {
			if lost, is := o.(sentinel.InstanceLost); is {
				return lost.Loss
			}
		}
		return sentinel.LinkUp
	}
	for err, want := range map[error]sentinel.Link{
		syscall.ECONNREFUSED: sentinel.LinkGone, syscall.ECONNRESET: sentinel.LinkGone,
		syscall.EHOSTUNREACH: sentinel.LinkUp, context.DeadlineExceeded: sentinel.LinkUp,
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithCancel(t.Context())
			p := watched(nil, time.Minute)
			p.loop.m.Watch = func(context.Context, sentinel.Addr, string) (Pulse, sentinel.Snapshot, error) {
				stop()
				return nil, sentinel.Snapshot{}, fmt.Errorf("connect: %w", err)
			}
			p.run(ctx)
			if got := told(p); got != want {
				t.Errorf("%v when it connects: link %d, want %d", err, got, want)
			}
		})
	}
	conn := &reset{hung{ended: make(chan struct{})}}
	p := watched(conn, time.Minute)
	if p.ping(t.Context(), conn) {
		t.Error("the connection is of use")
	}
	if got := told(p); got != sentinel.LinkUp {
		t.Errorf("an end of a connection that was up: link %d", got)
	}
}

// reset is a connection that has been reset.
type reset struct{ hung }

func (r *reset) Ping(time.Time) (bool, error) { return false, syscall.ECONNRESET }
