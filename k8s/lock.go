package k8s

import (
	"bytes"
	"context"
	"errors"
	"math"
	"sync/atomic"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
)

// lock is the leader Lease as client-go's election uses it, with two things added:
// each call has a deadline and is known to Health, and terms never fall nor
// repeat: not when a process takes over what an earlier process of the same pod held,
// which client-go takes for its own, and not when the Lease is deleted, even if nobody
// is left who knows its last term. Records tell it then: a leader whose term is lower
// than a record's does nothing for that master.
//
// The election calls it from one goroutine. Each election has a lock of its own.
type lock struct {
	*resourcelock.LeaseLock
	health *Health
	// eyes tell who of the replicas reaches Redis.
	eyes *eyes
	// relieve tells people that a blind holder was relieved, leave ends the election when its
	// Lease is another's. Both may be nil.
	relieve func(holder string)
	leave   func()
	timeout time.Duration
	// highest is the highest term seen by this process.
	highest int
	// recorded: see Leader.
	recorded func() (uint64, bool)
	// vacant is the Lease of a holder that is given up: see challenger.
	vacant []byte
	// mine tells that this election took the Lease, in term taken; only the
	// latter may be read by another goroutine.
	mine  bool
	taken atomic.Int64
	// lost: it was seen to be another's, or gone, after this election had taken it. It may
	// not be taken back within the same term: others may have led meanwhile, in a later one.
	lost bool
}

// errLeaseLost ends an election whose Lease was lost; the next one takes it in a new term.
var errLeaseLost = errors.New("the leader Lease was lost in this term")

// Get reads the Lease.
func (l *lock) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	record, raw, err := l.LeaseLock.Get(ctx)
	l.health.note("get", leaseResource, err)
	if err != nil {
		return nil, nil, err
	}
	l.noteLoss(record)
	l.highest = max(l.highest, record.LeaderTransitions)
	if l.vacant != nil && bytes.Equal(raw, l.vacant) || l.eyes.relieves(record.HolderIdentity) {
		record.HolderIdentity = ""
	}
	return record, raw, nil
}

// noteLoss ends an election whose Lease is another's: whoever took it leads already.
func (l *lock) noteLoss(record *resourcelock.LeaderElectionRecord) {
	if l.lost || !l.mine || record.HolderIdentity == l.Identity() {
		return
	}
	l.lost = true
	if l.leave != nil {
		l.leave()
	}
}

// Create makes the Lease and takes it.
func (l *lock) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	if l.mine {
		return errLeaseLost
	}
	next, err := l.next()
	if err != nil {
		return err
	}
	record.LeaderTransitions = next
	err = l.LeaseLock.Create(ctx, record)
	l.health.note("create", leaseResource, err)
	return l.wrote(record, err)
}

// Update takes, renews or releases the Lease.
func (l *lock) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	ctx, cancel := context.WithTimeout(ctx, l.timeout)
	defer cancel()
	if l.lost {
		return errLeaseLost
	}
	taking := record.HolderIdentity == l.Identity() && !l.mine
	record.LeaderTransitions = max(record.LeaderTransitions, l.highest)
	if taking {
		next, err := l.next()
		if err != nil {
			return err
		}
		record.LeaderTransitions = next
	}
	err := l.LeaseLock.Update(ctx, record)
	l.health.note("update", leaseResource, err)
	return l.wrote(record, err)
}

func (l *lock) wrote(record resourcelock.LeaderElectionRecord, err error) error {
	if err == nil {
		l.highest = record.LeaderTransitions
		l.mine = record.HolderIdentity == l.Identity()
		if l.mine && l.eyes.relieved != "" && l.relieve != nil {
			l.relieve(l.eyes.relieved)
		}
		l.eyes.relieved = ""
		l.taken.Store(int64(l.highest))
	}
	return err
}

// next is a term above all that are known.
func (l *lock) next() (int, error) {
	if err := l.eyes.mayTake(); err != nil {
		return 0, err
	}
	if l.recorded == nil {
		return l.highest + 1, nil
	}
	term, known := l.recorded()
	if !known {
		return 0, errNotSynced
	}
	return max(l.highest, int(min(term, math.MaxInt32-1))) + 1, nil
}
