package k8s

import (
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-logr/logr"
	"github.com/sirupsen/logrus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/klog/v2"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// LeaderBlind is the reason of the Event that tells that a leader was relieved.
const LeaderBlind = "LeaderBlind"

// LeaseTimes are the timings of the leader Lease.
type LeaseTimes struct {
	// Duration is how long others wait for a silent leader, in whole seconds.
	Duration time.Duration
	// RenewDeadline is when a leader that cannot renew gives up; below Duration.
	RenewDeadline time.Duration
	// RetryPeriod lies between two tries; below RenewDeadline / 1.2.
	RetryPeriod time.Duration
}

// DefaultLeaseTimes let a new leader begin 6 s after the old one fell silent.
func DefaultLeaseTimes() LeaseTimes {
	return LeaseTimes{Duration: 6 * time.Second, RenewDeadline: 4 * time.Second, RetryPeriod: time.Second}
}

func (t LeaseTimes) validate() error {
	switch {
	case t.Duration < time.Second || t.Duration%time.Second != 0:
		return fmt.Errorf("lease duration %s: want whole seconds, at least 1s", t.Duration)
	case t.RenewDeadline >= t.Duration:
		return fmt.Errorf("renew deadline %s: want less than the lease duration %s", t.RenewDeadline, t.Duration)
	case t.RetryPeriod <= 0 || float64(t.RenewDeadline) <= leaderelection.JitterFactor*float64(t.RetryPeriod):
		return fmt.Errorf("retry period %s: want more than 0 and less than the renew deadline %s / %v",
			t.RetryPeriod, t.RenewDeadline, leaderelection.JitterFactor)
	}
	return nil
}

// LeaderHandler hears whether this replica of the service acts. The calls
// alternate, beginning with Leading, and never overlap.
type LeaderHandler interface {
	// Leading begins a term: the Lease's leaseTransitions. Terms rise, also from
	// one replica to another.
	Leading(term uint64)
	NotLeading()
	// Sight is asked for at any time.
	Sight() sentinel.Sight
}

// Leader takes part in the election of the replica that acts. The Lease gives
// liveness, not safety: a leader that was frozen may believe for a while that it
// still is one.
type Leader struct {
	client  kubernetes.Interface
	options Options
	health  *Health
	log     logrus.FieldLogger
	lead    func(leading bool)
	highest int // the highest term of earlier elections
	// recorded is the highest term in any record, false until all are known; nil for none.
	recorded func() (uint64, bool)
	// answers asks the holder of the Lease for a reaction: see Options.Answers.
	answers func(ctx context.Context, holder string) (net.Conn, error)
	// leaves tells that the holder's pod is about to end.
	leaves func(holder string) bool
	// vacant is the Lease of a holder that was given up.
	vacant []byte
	seal   seal
	// tell writes a Kubernetes Event on the leader Lease; nil for none.
	tell func(lease identity, reason, text string)
}

// Seal is what tells that a name of a term was given by a leader of this service; empty
// before the Lease was read.
func (l *Leader) Seal(term uint64) string { return l.seal.of(term) }

// Run takes part until ctx is done: then it says NotLeading first and gives up
// the Lease after, so that a successor begins at once and never overlaps. When
// the Lease is lost, it tries to get it again.
func (l *Leader) Run(ctx context.Context, handler LeaderHandler) error {
	for ctx.Err() == nil {
		if err := l.elect(ctx, handler); err != nil {
			return err
		}
	}
	return nil
}

// elect runs one election, from being a candidate to having lost the Lease.
func (l *Leader) elect(ctx context.Context, handler LeaderHandler) error {
	lock := l.newLock(handler)
	candidacy := l.newLock(handler)
	l.vacant = nil
	challenger := &challenger{lock: candidacy, answers: l.answers, leaves: l.leaves, renewal: l.options.Lease.RetryPeriod * 6 / 5}
	term := &term{handler: handler, lead: l.lead, log: l.log.WithField("lease", lock.LeaseMeta.Name), holder: &challenger.holder}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock:          lock,
		LeaseDuration: l.options.Lease.Duration,
		RenewDeadline: l.options.Lease.RenewDeadline,
		RetryPeriod:   l.options.Lease.RetryPeriod,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(held context.Context) { term.begin(held, lock) },
			OnStoppedLeading: term.end,
			OnNewLeader:      term.observe,
		},
	})
	if err != nil {
		return fmt.Errorf("leader election: %w", err)
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	lock.leave, lock.relieve = stop, l.relieved
	given := make(chan verdict, 1)
	go func() {
		given <- challenger.run(running)
		stop() // the next election takes the Lease
	}()
	// Health and term log what matters; client-go would write a line per try.
	elector.Run(klog.NewContext(running, logr.Discard()))
	stop()
	found := <-given
	if l.vacant = found.vacant; l.vacant != nil {
		term.log.WithField("holder", *challenger.holder.Load()).Warn(found.why + ": it is given up")
	}
	l.highest = lock.highest
	if ctx.Err() != nil {
		release(context.WithoutCancel(ctx), lock)
	}
	return nil
}

// release gives the Lease up, so that a successor need not wait for its end. The
// election could do so itself, but it would before it says that it stopped.
func release(ctx context.Context, lock *lock) {
	if !lock.mine {
		return
	}
	record, _, err := lock.Get(ctx)
	if err != nil || record.HolderIdentity != lock.Identity() {
		return
	}
	record.HolderIdentity = ""
	record.LeaseDurationSeconds = 1
	_ = lock.Update(ctx, *record) // it runs out by itself, and Health knows
}

// relieved tells that this replica has taken the Lease from a blind holder.
func (l *Leader) relieved(holder string) {
	lease := identity{namespace: l.options.Namespace, name: LeaderLease(l.options.LeasePrefix)}
	if uid := l.seal.uid.Load(); uid != nil {
		lease.uid = *uid
	}
	text := fmt.Sprintf("%s reaches no Redis, and %s does: it leads now", holder, l.options.PodName)
	l.log.WithFields(logrus.Fields{"lease": lease.name, "holder": holder}).Warn("the leader reaches no Redis, and this replica does: it is relieved")
	if l.tell != nil {
		l.tell(lease, LeaderBlind, text)
	}
}

func (l *Leader) newLock(handler LeaderHandler) *lock {
	eyes := &eyes{
		identity: l.options.PodName, look: handler.Sight, patience: yieldPeriods * l.options.Lease.RetryPeriod,
		log: l.log.WithField("lease", LeaderLease(l.options.LeasePrefix)),
	}
	return &lock{
		LeaseLock: &resourcelock.LeaseLock{
			LeaseMeta:  metav1.ObjectMeta{Namespace: l.options.Namespace, Name: LeaderLease(l.options.LeasePrefix)},
			Client:     eyes.open(l.seal.noted(l.client.CoordinationV1())),
			LockConfig: resourcelock.ResourceLockConfig{Identity: l.options.PodName},
		},
		health:   l.health,
		eyes:     eyes,
		timeout:  max(l.options.Lease.RenewDeadline/2, time.Second),
		highest:  l.highest,
		recorded: l.recorded,
		vacant:   l.vacant,
	}
}

// term is one election's part of the handler's story.
type term struct {
	handler LeaderHandler
	lead    func(leading bool)
	log     logrus.FieldLogger
	holder  *atomic.Pointer[string]

	mu      sync.Mutex
	leading bool
	ended   bool
}

// begin is called on a goroutine of its own, so it may come after the end.
func (t *term) begin(held context.Context, lock *lock) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ended || held.Err() != nil {
		return
	}
	t.leading = true
	number := uint64(lock.taken.Load())
	t.log.WithField("term", number).Info("leading")
	t.handler.Leading(number)
	t.lead(true)
}

func (t *term) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = true
	if t.leading {
		t.leading = false
		t.log.Info("not leading any more")
		t.handler.NotLeading()
		t.lead(false)
	}
}

func (t *term) observe(holder string) {
	t.holder.Store(&holder)
	if holder != "" {
		t.log.WithField("holder", holder).Info("leader observed")
	}
}
