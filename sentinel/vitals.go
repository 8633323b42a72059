package sentinel

import (
	"sync/atomic"
	"time"
)

// Vitals is the part of an instance that moves with every PING and INFO. Its
// fields are read by any number of replies while one prober writes them, so a
// PING costs no commit and a reply takes no lock. Ages are measured on the
// monotonic clock: a step of the wall clock makes nobody old.
type Vitals struct {
	born      time.Time
	pingSent  atomic.Int64 // these six in nanoseconds after born, 0 = never
	lastOK    atomic.Int64
	lastReply atomic.Int64
	infoAt    atomic.Int64
	roleSince atomic.Int64
	lost      atomic.Int64
	snapshot  atomic.Pointer[Snapshot]
}

// NewVitals begins the ages at now: a new instance has not been silent for ever.
func NewVitals(now time.Time) *Vitals {
	v := &Vitals{born: now}
	v.lastOK.Store(1)
	v.lastReply.Store(1)
	v.roleSince.Store(1)
	return v
}

// PingSent notes a PING; the time of an older unanswered one is kept.
func (v *Vitals) PingSent(now time.Time) { v.pingSent.CompareAndSwap(0, v.at(now)) }

// PingReply notes an answer; ok tells a valid one (PONG, LOADING, MASTERDOWN).
func (v *Vitals) PingReply(now time.Time, ok bool) {
	v.lastReply.Store(v.at(now))
	if ok {
		v.lastOK.Store(v.at(now))
		v.pingSent.Store(0)
	}
}

// Seen notes a full reading.
func (v *Vitals) Seen(now time.Time, s Snapshot) {
	if old := v.snapshot.Load(); old == nil || old.Role != s.Role {
		v.roleSince.Store(v.at(now))
	}
	v.snapshot.Store(&s)
	v.lost.Store(0)
	v.infoAt.Store(v.at(now))
	v.PingReply(now, true)
}

// Lose notes that the connection to it ended: in the next moments it will be known
// whether its process did, too. Seen and Found end that state.
func (v *Vitals) Lose(now time.Time) { v.lost.Store(v.at(now)) }

// Found notes that it is known by now.
func (v *Vitals) Found() { v.lost.Store(0) }

// InDoubt is Lost without the clock, which costs more.
func (v *Vitals) InDoubt() bool { return v.lost.Load() != 0 }

// Lost tells that its connection ended, how long ago, and nobody knows yet what that means.
func (v *Vitals) Lost(now time.Time) (age time.Duration, lost bool) {
	return v.age(now, &v.lost), v.lost.Load() != 0
}

// Snapshot is the last full reading; nil before the first.
func (v *Vitals) Snapshot() *Snapshot { return v.snapshot.Load() }

// Pending is the age of the oldest unanswered PING, 0 when none is pending.
func (v *Vitals) Pending(now time.Time) time.Duration { return v.age(now, &v.pingSent) }

// OKAge is the age of the last valid answer.
func (v *Vitals) OKAge(now time.Time) time.Duration { return v.age(now, &v.lastOK) }

// ReplyAge is the age of the last answer of any kind.
func (v *Vitals) ReplyAge(now time.Time) time.Duration { return v.age(now, &v.lastReply) }

// InfoAge is the age of the last full reading, 0 before the first.
func (v *Vitals) InfoAge(now time.Time) time.Duration { return v.age(now, &v.infoAt) }

// RoleAge is how long the instance has reported the same role.
func (v *Vitals) RoleAge(now time.Time) time.Duration { return v.age(now, &v.roleSince) }

func (v *Vitals) at(now time.Time) int64 { return max(1, int64(now.Sub(v.born))) }

func (v *Vitals) age(now time.Time, field *atomic.Int64) time.Duration {
	at := field.Load()
	if at == 0 {
		return 0
	}
	return max(0, now.Sub(v.born)-time.Duration(at))
}
