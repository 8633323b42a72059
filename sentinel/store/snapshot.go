package store

import (
	iradix "github.com/hashicorp/go-immutable-radix"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Snapshot is one consistent picture of all masters and peers. What it returns
// must not be changed.
type Snapshot struct {
	*picture
}

// picture is what all readers see from one commit to the next.
type picture struct {
	masters  *iradix.Tree // by name, of *sentinel.View
	peers    []sentinel.Peer
	settings sentinel.Settings
}

// Snapshot takes the current picture without waiting for anyone.
func (s *Store) Snapshot() Snapshot { return Snapshot{s.current.Load()} }

// Master is the view of one name, nil if there is none. Names are exact: case counts.
func (p *picture) Master(name string) *sentinel.View {
	row, _ := p.masters.Get([]byte(name))
	view, _ := row.(*sentinel.View)
	return view
}

// MasterWatch is Master with a channel that is closed when that view changes.
func (p *picture) MasterWatch(name string) (*sentinel.View, <-chan struct{}) {
	changed, row, _ := p.masters.Root().GetWatch([]byte(name))
	view, _ := row.(*sentinel.View)
	return view, changed
}

// Masters are all views, ordered by name.
func (p *picture) Masters() []*sentinel.View {
	views := make([]*sentinel.View, 0, p.masters.Len())
	p.masters.Root().Walk(func(_ []byte, row any) (stop bool) {
		views = append(views, row.(*sentinel.View))
		return false
	})
	return views
}

// Peers are the service's other replicas, ordered by id.
func (p *picture) Peers() []sentinel.Peer { return p.peers }

// Settings are those of the service, defaults if none were changed.
func (p *picture) Settings() sentinel.Settings { return p.settings }
