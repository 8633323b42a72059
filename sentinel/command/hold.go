package command

import (
	"context"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// A client whose connection to a master ended asks for the master within a
// millisecond, when the failover has only just begun. The old address would cost it
// far more than the failover takes: a refused connection makes many clients rest
// (go-redis 100 ms). So the answer waits for the switch, for no longer than holdFor,
// which is below every client's timeout, and only while the trouble is young: when
// nobody can take over, answers come at once again.
const (
	holdFor   = 50 * time.Millisecond
	holdYoung = time.Second
)

// settledMaster is the view of a name, after a short wait if it is about to change.
func (c *Commands) settledMaster(s *resp.Session, name []byte) *sentinel.View {
	view := stateOf(s).asked.master(c.options.Store, name)
	if view == nil || !c.changing(view) {
		return view
	}
	s.StepAside()
	return c.waitSettled(s.Context(), string(name))
}

func (c *Commands) waitSettled(ctx context.Context, name string) *sentinel.View {
	view, changed := c.options.Store.Snapshot().MasterWatch(name)
	timeout := time.NewTimer(holdFor)
	defer timeout.Stop()
	for view != nil && c.changing(view) {
		select {
		case <-changed:
			view, changed = c.options.Store.Snapshot().MasterWatch(name)
		case <-timeout.C:
			return view
		case <-ctx.Done():
			return view
		}
	}
	return view
}

// changing: the connection to the master ended a moment ago, or it was just found
// to be down, or it is handing over: it ends its clients' connections before the new one is
// named, and who came back would read from a replica. Nearly always none of it is so, and
// the clock need not be asked.
func (c *Commands) changing(view *sentinel.View) bool {
	m := &view.Master
	if f := view.Failover; f == sentinel.SendReplicaOfNoOne || f == sentinel.WaitPromotion {
		if c.options.Now().Sub(view.FailoverSince) < holdYoung {
			return true
		}
	}
	if m.Vitals != nil && m.Vitals.InDoubt() {
		if age, lost := m.Vitals.Lost(c.options.Now()); lost && age < holdYoung {
			return true
		}
	}
	return m.SDown && c.options.Now().Sub(m.SDownTime) < holdYoung
}
