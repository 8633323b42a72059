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
	hurryPeriod = 100 * time.Millisecond
	hurryFor    = 50 // quick readings; what takes longer is read once a second
	hurrySlower = 10
	redialFirst = time.Millisecond
	redialMost  = 500 * time.Millisecond
	// attemptLeast is what one attempt may take however late it is.
	attemptLeast = 100 * time.Millisecond
)

// errNotValid is an answer that says nothing good, such as BUSY or NOAUTH.
var errNotValid = errors.New("no valid reply to PING")

// probe keeps one connection to one instance and tells its loop what it sees.
type probe struct {
	turns
	loop   *loop
	uid    string
	addr   sentinel.Addr
	vitals *sentinel.Vitals

	stopped   atomic.Bool
	hurry     atomic.Bool
	often     atomic.Bool // a reading with each PING
	downAfter atomic.Int64
	tried     atomic.Bool // the first attempt is over

	wanted bool // by the loop, which alone looks at it

	// What follows is touched by one turn at a time.
	conn    Conn
	ended   bool
	dialAt  time.Time     // the next attempt to connect
	wait    time.Duration // after the next one that fails
	pingAt  time.Time
	hurryAt time.Time // zero while there is none
	hurried int       // quick readings of this connection
	readAt  time.Time // of the last reading

	unheard time.Duration // attention that was missed before the last valid answer
	said    sentinel.Link // the loss that was told last
	invalid bool          // the last PING was answered, and not well
	deaf    bool          // see scarce; quiet is the silence before
	quiet   time.Duration
}

func startProbe(l *loop, t sentinel.Target) *probe {
	p := &probe{loop: l, uid: t.UID, addr: t.Addr, vitals: t.Vitals, wait: redialFirst}
	p.do = p.turn
	p.heard(time.Now()) // as of its birth
	p.hurry.Store(t.Hurry)
	p.downAfter.Store(int64(t.DownAfter))
	l.m.wg.Add(1)
	p.call()
	return p
}

// stop ends the probe and its connection, as soon as its turn is over.
func (p *probe) stop() {
	p.stopped.Store(true)
	p.call()
}

// rush asks for quick readings, or for no more of them.
func (p *probe) rush(hurry bool) {
	if !p.hurry.Swap(hurry) && hurry {
		p.call()
	}
}

// turn does what is due. A connection that ended is opened anew at once: what answers
// there now tells a restart from a cut.
func (p *probe) turn() {
	for !p.stopped.Load() && p.loop.ctx.Err() == nil {
		switch {
		case p.conn == nil:
			if !p.connect() {
				p.at(p.dialAt)
				return
			}
		case dead(p.conn):
			p.vitals.Lose()
			p.hangUp()
		case !p.watch():
			p.hangUp()
		default:
			p.at(p.next())
			return
		}
	}
	p.end()
}

// end is once.
func (p *probe) end() {
	if p.ended {
		return
	}
	p.ended = true
	p.hangUp()
	p.never()
	p.loop.m.wg.Done()
}

func (p *probe) hangUp() {
	if p.conn != nil {
		p.conn.Close()
		p.conn = nil
	}
}

// connect makes an attempt if it is time for one.
func (p *probe) connect() bool {
	if time.Now().Before(p.dialAt) {
		return false
	}
	p.hush()
	ctx, cancel := context.WithDeadline(p.loop.ctx, p.patience())
	defer cancel()
	begun, silence := time.Now(), p.silence(time.Now())
	conn, err := p.loop.m.Dial(ctx, p.addr, "redis-sentinel-k8s-probe")
	if scarce(err) {
		p.deafened(silence, err)
	} else {
		p.deaf = false
	}
	if err != nil {
		if !p.deaf {
			p.missed(err)
		}
		p.dialAt = time.Now().Add(p.wait)
		p.wait = min(redialMost, p.wait*2)
		return false
	}
	p.conn, p.wait, p.dialAt = conn, redialFirst, time.Time{}
	p.see(begun, conn.First())
	p.readAt, p.hurried, p.hurryAt = time.Now(), 0, time.Time{}
	p.pingAt = p.readAt.Add(p.pingPeriod())
	conn.OnLost(p.call)
	return true
}

// patience bounds an attempt: by the moment at which the instance has been silent for
// down-after, so that this is noticed in time, but leaves it long enough to succeed.
func (p *probe) patience() time.Time {
	left := time.Duration(p.downAfter.Load()) - p.silence(time.Now())
	if p.said == sentinel.LinkSilent || left < attemptLeast {
		left = attemptLeast
	}
	return time.Now().Add(left)
}

// watch looks after the connection; false when it is of no use any more.
func (p *probe) watch() bool {
	if now := time.Now(); !now.Before(p.pingAt) {
		if !p.ping() {
			return false
		}
		p.pingAt = now.Add(p.pingPeriod()) // options change
		if !p.invalid && (p.often.Load() || now.Sub(p.readAt) >= p.loop.m.Settings().Period(sentinel.SettingInfoPeriod)) {
			return p.read()
		}
	}
	return !p.quickly() || p.read()
}

// quickly tells that a quick reading is due. INFO is answered also by one that PING
// shows to be no good.
func (p *probe) quickly() bool {
	now := time.Now()
	switch {
	case !p.hurry.Load() || p.invalid:
		p.hurried, p.hurryAt = 0, time.Time{}
		return false
	case p.hurryAt.IsZero():
		p.hurryAt = now.Add(hurryPeriod)
		return false
	case now.Before(p.hurryAt):
		return false
	}
	p.hurryAt = now.Add(hurryPeriod)
	p.hurried++
	return p.hurried <= hurryFor || p.hurried%hurrySlower == 0
}

// next is when the next turn is due.
func (p *probe) next() time.Time {
	if !p.hurryAt.IsZero() && p.hurryAt.Before(p.pingAt) {
		return p.hurryAt
	}
	return p.pingAt
}

// pingPeriod is Sentinel's: ping-period, or down-after if that is shorter.
func (p *probe) pingPeriod() time.Duration {
	period := p.loop.m.Settings().Period(sentinel.SettingPingPeriod)
	return jitter(max(10*time.Millisecond, min(period, time.Duration(p.downAfter.Load())/2)))
}

// read takes a full reading; false when the connection is of no use any more.
func (p *probe) read() bool {
	ctx := bounded{p.loop.ctx, p.patience()}
	p.readAt = time.Now()
	begun := p.readAt
	s, err := p.conn.Snapshot(ctx)
	if err == nil {
		p.see(begun, s)
		return true
	}
	if ctx.Err() != nil {
		p.missed(err)
		return false
	}
	return !dead(p.conn)
}

// ping tells whether the connection is still of use. Half of down-after without
// an answer closes it, as in Sentinel: a new one may get through.
func (p *probe) ping() bool {
	within := max(attemptLeast, time.Duration(p.downAfter.Load())/2)
	ctx := bounded{p.loop.ctx, time.Now().Add(within)}
	p.vitals.PingSent(time.Now())
	ok, err := p.conn.Ping(ctx)
	if err != nil {
		p.missed(err)
		return false
	}
	p.vitals.PingReply(time.Now(), ok)
	if ok {
		p.heard(time.Now())
	}
	p.invalid = !ok
	switch {
	case !ok:
		p.missed(errNotValid)
	case p.said == sentinel.LinkSilent: // it is back on the same connection
		return p.read()
	}
	return true
}

func (p *probe) see(begun time.Time, s sentinel.Snapshot) {
	p.vitals.Seen(time.Now(), s)
	p.heard(time.Now())
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
	case p.silence(time.Now()) >= time.Duration(p.downAfter.Load()):
		loss = sentinel.LinkSilent
	}
	if loss != sentinel.LinkUp && loss != p.said {
		p.said = loss
		defer p.vitals.Found()
		p.loop.post(sentinel.InstanceLost{UID: p.uid, Loss: loss})
	}
	p.triedOnce()
}

// triedOnce tells the loop when the first attempt is over.
func (p *probe) triedOnce() {
	if !p.tried.Swap(true) {
		p.loop.post(sentinel.Tick{})
	}
}

// heard notes a valid answer.
func (p *probe) heard(now time.Time) { p.unheard = p.loop.m.attention.missed(now) }

// silence is how long no valid answer came though this process listened.
func (p *probe) silence(now time.Time) time.Duration {
	return max(0, p.vitals.OKAge(now)-(p.loop.m.attention.missed(now)-p.unheard))
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
	return d - time.Duration(rand.Int64N(int64(d)/10))
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
