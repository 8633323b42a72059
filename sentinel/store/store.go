package store

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	iradix "github.com/hashicorp/go-immutable-radix"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Store holds the committed views. Its methods may be called from any goroutine.
type Store struct {
	mu      sync.Mutex // held by whoever commits
	current atomic.Pointer[picture]
}

// New returns an empty store.
func New() *Store {
	s := &Store{}
	s.current.Store(&picture{masters: iradix.New()})
	return s
}

// CommitMaster replaces the view of one master and returns the events of that
// change, in order. They may be published once it has returned: from then on
// every new snapshot gives the new answer.
func (s *Store) CommitMaster(view *sentinel.View) []sentinel.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.current.Load()
	before := now.Master(view.Name)
	events := sentinel.Events(before, view)
	if before == nil || before.Resets != view.Resets {
		events = append(events, sentinel.PeerEvents(view, nil, now.peers)...)
	}
	s.commitMasters(func(txn *iradix.Txn) { txn.Insert([]byte(view.Name), view) })
	return events
}

// RemoveMaster forgets a name; unknown names give no event.
func (s *Store) RemoveMaster(name string) []sentinel.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.current.Load().Master(name)
	if before == nil {
		return nil
	}
	s.commitMasters(func(txn *iradix.Txn) { txn.Delete([]byte(name)) })
	return sentinel.Events(before, nil)
}

// commitMasters wakes those who wait for a change once they can see it.
func (s *Store) commitMasters(change func(*iradix.Txn)) {
	next := *s.current.Load()
	txn := next.masters.Txn()
	txn.TrackMutate(true)
	change(txn)
	next.masters = txn.CommitOnly()
	s.current.Store(&next)
	txn.Notify()
}

// CommitPeers replaces the list of the service's other replicas and returns the
// events as each master's subscribers hear them.
func (s *Store) CommitPeers(peers []sentinel.Peer) []sentinel.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := *s.current.Load()
	var events []sentinel.Event
	for _, view := range next.Masters() {
		events = append(events, sentinel.PeerEvents(view, next.peers, peers)...)
	}
	next.peers = slices.SortedFunc(slices.Values(peers), func(a, b sentinel.Peer) int { return strings.Compare(a.ID, b.ID) })
	s.current.Store(&next)
	return events
}

// CommitSettings replaces the settings of the service; subscribers hear nothing of it.
func (s *Store) CommitSettings(settings sentinel.Settings) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := *s.current.Load()
	next.settings = settings
	s.current.Store(&next)
}
