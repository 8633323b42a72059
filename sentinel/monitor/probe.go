package monitor

import (
	"context"
	"errors"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// The periods of a probe: Sentinel's own for PING and INFO, and a quick one while
// something changes.
const (
	hurryPeriod = 100 * time.Millisecond
	hurryFor    = 50 // quick readings; what takes longer is read once a second
	hurrySlower = 10
	// attemptLeast is what one attempt may take however late it is.
	attemptLeast = 100 * time.Millisecond
)

// errNotValid is an answer that says nothing good, such as BUSY or NOAUTH.
var errNotValid = errors.New("no valid reply to PING")

// probe keeps one connection to one instance and tells its loop what it sees.
type probe struct {
	loop   *loop
	uid    string
	addr   sentinel.Addr
	vitals *sentinel.Vitals
	stop   context.CancelFunc

	hurry     atomic.Bool
	changed   chan struct{} // rings when hurry changes; one ring is kept
	often     atomic.Bool   // a reading with each PING
	downAfter atomic.Int64
	tried     atomic.Bool // the first attempt is over

	failed  int           // attempts to connect since the last valid answer
	unheard time.Duration // attention that was missed before the last valid answer
	said    sentinel.Link // the loss that was told last
	unwell  bool          // and that it did answer
	why     string        // the cause that was told last
	invalid bool          // the last PING was answered, and not well
}

func startProbe(l *loop, t sentinel.Target) *probe {
	p := &probe{loop: l, uid: t.UID, addr: t.Addr, vitals: t.Vitals, changed: make(chan struct{}, 1)}
	p.heard(time.Now()) // as of its birth
	p.setHurry(t.Hurry)
	p.downAfter.Store(int64(t.DownAfter))
	ctx, cancel := context.WithCancel(l.ctx)
	p.stop = cancel
	l.m.begin()
	l.m.wg.Go(func() {
		defer l.m.ended()
		p.run(ctx)
	})
	return p
}

// run connects for ever. A connection that ended is opened anew at once: what
// answers there now tells a restart from a cut.
func (p *probe) run(ctx context.Context) {
	var redial redial
	for ctx.Err() == nil {
		sleep(ctx, redial.pause(p.attempt(ctx)))
	}
}

// attempt tells how long the connection lived, zero where none came about.
func (p *probe) attempt(ctx context.Context) (lived time.Duration) {
	conn, begun, first, err := p.dial(ctx)
	if err != nil {
		p.failed++
		p.missed(err, refuses(err))
		return 0
	}
	opened := time.Now()
	p.see(begun, first)
	stay := context.AfterFunc(ctx, conn.Close) // nobody waits for an answer then
	p.watch(ctx, conn)
	stay()
	conn.Close()
	return time.Since(opened)
}

func (p *probe) dial(ctx context.Context) (conn Pulse, begun time.Time, first sentinel.Snapshot, err error) {
	begun = time.Now()
	aside(func() {
		ctx, cancel := context.WithDeadline(ctx, p.patience(begun))
		defer cancel()
		conn, first, err = p.loop.m.Watch(ctx, p.addr, "redis-sentinel-k8s-probe")
	})
	return conn, begun, first, err
}

// patience bounds an attempt by the moment at which the instance has been silent for
// down-after, so that this is noticed in time, but leaves it long enough to succeed. Once
// it counts as silent nothing is left to be noticed, and each attempt may take longer:
// one that is slow for a while must not stay silent for ever.
func (p *probe) patience(now time.Time) time.Time {
	downAfter := time.Duration(p.downAfter.Load())
	left := max(attemptLeast, downAfter-p.silence(now))
	if p.said == sentinel.LinkSilent {
		left = max(attemptLeast, min(attemptLeast<<min(p.failed, 10), downAfter/2))
	}
	return now.Add(left)
}

// watch looks after one connection until it ends.
func (p *probe) watch(ctx context.Context, conn Pulse) {
	ping := time.NewTimer(p.untilPing())
	defer ping.Stop()
	hurry := time.NewTicker(hurryPeriod)
	defer hurry.Stop()
	p.pace(hurry)
	hurried := 0
	read := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-conn.Lost():
			if ctx.Err() == nil { // else it is this probe that has ended it
				p.vitals.Lose(time.Now())
			}
			return
		case <-p.changed:
			p.pace(hurry)
			hurried = 0
			continue
		case <-hurry.C:
			if !p.hurry.Load() || p.invalid {
				hurried = 0
				continue
			}
			if hurried++; hurried > hurryFor && hurried%hurrySlower != 0 || !p.mayHurry() {
				continue
			}
		case <-ping.C:
			if !p.ping(ctx, conn) {
				return
			}
			ping.Reset(p.untilPing()) // options change
			if p.invalid {
				continue // INFO is answered also by one that PING shows to be no good
			}
			if !p.often.Load() && time.Since(read) < time.Duration(p.loop.m.infoPeriod.Load()) {
				continue
			}
		}
		if read = time.Now(); !p.read(ctx, conn, read) {
			return
		}
	}
}

// read takes a full reading; false when the connection is of no use any more.
func (p *probe) read(ctx context.Context, conn Pulse, begun time.Time) bool {
	by := p.patience(begun)
	var err error
	aside(func() {
		var s sentinel.Snapshot
		if s, err = conn.Snapshot(by); err == nil {
			p.see(begun, s)
		}
	})
	if err == nil {
		return true
	}
	if ctx.Err() == nil && !time.Now().Before(by) {
		p.missed(err, false)
		return false
	}
	return !dead(conn)
}

// ping tells whether the connection is still of use. Half of down-after without
// an answer closes it, as in Sentinel: a new one may get through.
func (p *probe) ping(ctx context.Context, conn Pulse) bool {
	sent := time.Now()
	p.vitals.PingSent(sent)
	ok, err := conn.Ping(sent.Add(max(attemptLeast, time.Duration(p.downAfter.Load())/2)))
	if err != nil {
		if ctx.Err() == nil {
			p.missed(err, false)
		}
		return false
	}
	now := time.Now()
	p.vitals.PingReply(now, ok)
	if ok {
		p.heard(now)
		p.loop.m.reached(now)
	}
	p.invalid = !ok
	switch {
	case !ok:
		p.missed(errNotValid, false)
	case p.said == sentinel.LinkSilent: // it is back on the same connection
		return p.read(ctx, conn, now)
	}
	return true
}

func (p *probe) see(begun time.Time, s sentinel.Snapshot) {
	now := time.Now()
	p.vitals.Seen(now, s)
	p.heard(now)
	p.loop.m.reached(now)
	p.said = sentinel.LinkUp
	p.tried.Store(true)
	p.loop.post(sentinel.InstanceSeen{UID: p.uid, At: begun, Snapshot: s})
}

// refuses tells of a failure to connect that is what a process leaves behind that has ended:
// the kernel refuses, or something in between, which accepts before it connects, hangs up.
func refuses(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET)
}

// missed tells what a failure proves: a refused connection that nobody listens
// there, a silence of down-after that it is down for us, anything less nothing.
func (p *probe) missed(err error, refused bool) {
	now := time.Now()
	p.vitals.PingSent(now)
	if speaks(err) {
		p.loop.m.reached(now)
	}
	loss := sentinel.LinkUp
	switch {
	case refused:
		loss = sentinel.LinkGone
	case p.silence(now) >= time.Duration(p.downAfter.Load()):
		loss = sentinel.LinkSilent
	}
	unwell, why := errors.Is(err, errNotValid), p.loop.m.cause(err)
	if loss != sentinel.LinkUp && (loss != p.said || unwell != p.unwell || why != p.why) {
		p.said, p.unwell, p.why = loss, unwell, why
		defer p.vitals.Found()
		p.loop.post(sentinel.InstanceLost{UID: p.uid, Loss: loss, Unwell: unwell, Why: why})
	}
	if !p.tried.Swap(true) {
		p.loop.post(sentinel.Tick{})
	}
}

// cause says in words why an instance could not be asked.
func (m *Monitor) cause(err error) string {
	if errors.Is(err, errNotValid) {
		return "it answers PING with an error"
	}
	if m.Cause == nil {
		return ""
	}
	return m.Cause(err)
}

// heard notes a valid answer.
func (p *probe) heard(now time.Time) {
	p.failed = 0
	p.unheard = p.loop.m.attention.missed(now)
}

// silence is how long no valid answer came though this process listened.
func (p *probe) silence(now time.Time) time.Duration {
	return max(0, p.vitals.OKAge(now)-(p.loop.m.attention.missed(now)-p.unheard))
}

func dead(conn interface{ Lost() <-chan struct{} }) bool {
	select {
	case <-conn.Lost():
		return true
	default:
		return false
	}
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
