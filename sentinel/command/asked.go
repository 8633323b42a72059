package command

import (
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// asked is the view that a client was told from last. Nearly every client asks for one
// name only, and to find it in the store costs more than everything else about the
// answer. The store says when a view has been replaced: right after the new one is to be
// had, and before anything is published, so who was told of a change by an event gets the
// new answer.
type asked struct {
	view    *sentinel.View
	changed <-chan struct{}
}

// master is the present view of a name, nil if there is none.
func (a *asked) master(views *store.Store, name []byte) *sentinel.View {
	if a.view == nil || a.view.Name != string(name) || replaced(a.changed) {
		a.view, a.changed = views.Snapshot().MasterWatch(string(name))
	}
	return a.view
}

func replaced(changed <-chan struct{}) bool {
	select {
	case <-changed:
		return true
	default:
		return false
	}
}
