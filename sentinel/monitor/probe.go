package monitor

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The periods of a probe: Sentinel's own for PING and INFO, a quick one while
// something changes, and the pauses between attempts to connect.
const (
	pingPeriod  = time.Second
	infoPeriod  = 10 * time.Second
	hurryPeriod = 100 * time.Millisecond
	redialFirst = time.Millisecond
	redialMost  = 500 * time.Millisecond
)

// probe keeps one connection to one instance and tells its loop what it sees.
type probe struct {
	loop   *loop
	uid    string
	addr   sentinel.Addr
	vitals *sentinel.Vitals
	stop   context.CancelFunc

	hurry     atomic.Bool
	downAfter atomic.Int64
	tried     atomic.Bool // the first attempt is over

	said sentinel.Link // the loss that was told last
}

func startProbe(l *loop, t sentinel.Target) *probe {
	p := &probe{loop: l, uid: t.UID, addr: t.Addr, vitals: t.Vitals}
	p.hurry.Store(t.Hurry)
	p.downAfter.Store(int64(t.DownAfter))
	ctx, cancel := context.WithCancel(l.ctx)
	p.stop = cancel
	l.m.wg.Go(func() { p.run(ctx) })
	return p
}

// run connects for ever. A connection that ended is opened anew at once: what
// answers there now tells a restart from a cut.
func (p *probe) run(ctx context.Context) {
	wait := redialFirst
	for ctx.Err() == nil {
		begun := time.Now()
		conn, err := p.loop.m.Dial(ctx, p.addr, "redis-sentinel-k8s-probe")
		if err == nil {
			wait = redialFirst
			p.see(begun, conn.First())
			p.watch(ctx, conn)
			conn.Close()
			continue
		}
		p.missed(err)
		sleep(ctx, wait)
		wait = min(redialMost, wait*2)
	}
}

// watch looks after one connection until it ends.
func (p *probe) watch(ctx context.Context, conn Conn) {
	ping := time.NewTicker(jitter(pingPeriod))
	defer ping.Stop()
	hurry := time.NewTicker(hurryPeriod)
	defer hurry.Stop()
	read := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-conn.Lost():
			return
		case <-hurry.C:
			if !p.hurry.Load() {
				continue
			}
		case <-ping.C:
			if !p.ping(ctx, conn) {
				return
			}
			if time.Since(read) < infoPeriod {
				continue
			}
		}
		read = time.Now()
		if s, err := conn.Snapshot(ctx); err == nil {
			p.see(read, s)
		} else if dead(conn) {
			return
		}
	}
}

// ping tells whether the connection is still of use. Half of down-after without
// an answer closes it, as in Sentinel: a new one may get through.
func (p *probe) ping(ctx context.Context, conn Conn) bool {
	within := max(100*time.Millisecond, time.Duration(p.downAfter.Load())/2)
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	p.vitals.PingSent(time.Now())
	ok, err := conn.Ping(ctx)
	if err != nil {
		p.missed(err)
		return false
	}
	p.vitals.PingReply(time.Now(), ok)
	if ok {
		p.said = sentinel.LinkUp
	}
	return true
}

func (p *probe) see(begun time.Time, s sentinel.Snapshot) {
	p.vitals.Seen(time.Now(), s)
	p.said = sentinel.LinkUp
	p.tried.Store(true)
	p.loop.post(sentinel.InstanceSeen{UID: p.uid, At: begun, Snapshot: s})
}

// missed tells what a failure proves: a refused connection that nobody listens
// there, a silence of down-after that it is down for us, anything less nothing.
func (p *probe) missed(err error) {
	p.vitals.PingSent(time.Now())
	loss := sentinel.LinkUp
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		loss = sentinel.LinkGone
	case p.vitals.OKAge(time.Now()) >= time.Duration(p.downAfter.Load()):
		loss = sentinel.LinkSilent
	}
	if loss != sentinel.LinkUp && loss != p.said {
		p.said = loss
		p.loop.post(sentinel.InstanceLost{UID: p.uid, Loss: loss})
	}
	if !p.tried.Swap(true) {
		p.loop.post(sentinel.Tick{})
	}
}

func dead(conn Conn) bool {
	select {
	case <-conn.Lost():
		return true
	default:
		return false
	}
}

// jitter spreads the PINGs of many probes over their period.
func jitter(d time.Duration) time.Duration {
	return d - time.Duration(rand.Int64N(int64(d)/10)) //nolint:gosec // no secret
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
