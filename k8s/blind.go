package k8s

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/sirupsen/logrus"
	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	typed "k8s.io/client-go/kubernetes/typed/coordination/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// A leader that reaches no Redis does nothing for them, and cannot know whether they all
// are silent or it is cut off itself. So it says in its Lease that it is blind, with the
// renewals that it writes anyway, and goes on. A replica that does reach one takes the Lease
// from it: the way by which both meet is the API server, since a leader that is cut off from
// the pods of Redis is mostly cut off from those of the service, too. Where all are blind
// nobody takes anything, so that nothing changes hands; the first that sees again may
// take it.
//
// A blind candidate leaves a Lease that is free to others for a while, and takes it then:
// somebody has to lead in the moment in which Redis is reached again.
//
// Being wrong costs a term, no safety: see package sentinel, "Two who believe they lead".

// yieldPeriods is how long a blind candidate leaves a free Lease to others, in retry
// periods; each of them looks at it within 2.2 of these.
const yieldPeriods = 3

// errBlind keeps a candidate from taking a Lease.
var errBlind = errors.New("this replica reaches no Redis, and leaves the leader Lease to others for a while")

// eyes are what one election knows of who reaches Redis. Like its lock they belong to one
// goroutine.
type eyes struct {
	identity string
	// look is the own sight; nil sees nothing clearly.
	look func() sentinel.Sight
	log  logrus.FieldLogger
	// patience is how long it leaves a free Lease to others while it is blind.
	patience time.Duration

	blind    string    // the holder that the Lease, as read or written last, says to be blind
	told     bool      // the own Lease does
	relieved string    // whom the next write of the Lease relieves
	yields   time.Time // since when a Lease is left to others
	version  string    // of the Lease that is left
}

func (e *eyes) sight() sentinel.Sight {
	if e.look == nil {
		return sentinel.SightUnclear
	}
	return e.look()
}

// relieves tells that the holder of the Lease is blind and this replica is not.
func (e *eyes) relieves(holder string) bool {
	e.relieved = ""
	if holder == "" || holder == e.identity || e.blind != holder || e.sight() != sentinel.SightSome {
		return false
	}
	e.relieved = holder
	return true
}

// mayTake tells whether this replica may take a Lease that is free.
func (e *eyes) mayTake() error {
	if e.sight() != sentinel.SightNone {
		e.yields = time.Time{}
		return nil
	}
	if e.yields.IsZero() {
		e.yields = time.Now()
	}
	if time.Since(e.yields) < e.patience {
		return errBlind
	}
	return nil
}

// note notes a Lease as it was read or written. One that somebody writes is not left alone.
func (e *eyes) note(lease *coordinationv1.Lease, err error) (*coordinationv1.Lease, error) {
	if err == nil {
		e.blind = lease.Annotations[AnnotationBlind]
		if e.version != lease.ResourceVersion {
			e.version, e.yields = lease.ResourceVersion, time.Time{}
		}
	}
	return lease, err
}

// marked is the Lease to be written, with what its holder sees.
func (e *eyes) marked(lease *coordinationv1.Lease) *coordinationv1.Lease {
	holder := lease.Spec.HolderIdentity
	blind := holder != nil && *holder == e.identity && e.sight() == sentinel.SightNone
	if _, has := lease.Annotations[AnnotationBlind]; blind || has {
		marked := *lease
		marked.Annotations = maps.Clone(lease.Annotations)
		if marked.Annotations == nil {
			marked.Annotations = map[string]string{}
		}
		delete(marked.Annotations, AnnotationBlind)
		if blind {
			marked.Annotations[AnnotationBlind] = e.identity
		}
		lease = &marked
	}
	if e.told != blind {
		e.told = blind
		if blind {
			e.log.Warn("this leader reaches no Redis: a replica that does may relieve it")
		} else {
			e.log.Info("this leader reaches Redis again, or leads no more")
		}
	}
	return lease
}

// open are the Leases of client as these eyes see and mark them.
func (e *eyes) open(client typed.LeasesGetter) typed.LeasesGetter { return seenGetter{client, e} }

type seenGetter struct {
	typed.LeasesGetter
	eyes *eyes
}

func (g seenGetter) Leases(namespace string) typed.LeaseInterface {
	return seenLeases{g.LeasesGetter.Leases(namespace), g.eyes}
}

type seenLeases struct {
	typed.LeaseInterface
	eyes *eyes
}

func (l seenLeases) Get(ctx context.Context, name string, o metav1.GetOptions) (*coordinationv1.Lease, error) {
	return l.eyes.note(l.LeaseInterface.Get(ctx, name, o))
}

func (l seenLeases) Create(ctx context.Context, lease *coordinationv1.Lease, o metav1.CreateOptions) (*coordinationv1.Lease, error) {
	return l.eyes.note(l.LeaseInterface.Create(ctx, l.eyes.marked(lease), o))
}

func (l seenLeases) Update(ctx context.Context, lease *coordinationv1.Lease, o metav1.UpdateOptions) (*coordinationv1.Lease, error) {
	return l.eyes.note(l.LeaseInterface.Update(ctx, l.eyes.marked(lease), o))
}
