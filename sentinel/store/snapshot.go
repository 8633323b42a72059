package store

import (
	"github.com/hashicorp/go-memdb"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Snapshot is one consistent picture of all masters and peers. What it returns
// must not be changed.
type Snapshot struct {
	txn *memdb.Txn
}

// Snapshot takes the current picture without waiting for anyone.
func (s *Store) Snapshot() Snapshot { return Snapshot{txn: s.db.Txn(false)} }

// Master is the view of one name, nil if there is none. Names are exact: case counts.
func (s Snapshot) Master(name string) *sentinel.View {
	return first[sentinel.View](s.txn, tableMasters, name)
}

// MasterWatch is Master with a channel that is closed when that view changes.
func (s Snapshot) MasterWatch(name string) (*sentinel.View, <-chan struct{}) {
	changed, row, err := s.txn.FirstWatch(tableMasters, indexID, name)
	must(err)
	view, _ := row.(*sentinel.View)
	return view, changed
}

// Masters are all views, ordered by name.
func (s Snapshot) Masters() []*sentinel.View { return rows[sentinel.View](s.txn, tableMasters) }

// Peers are the service's other replicas, ordered by id.
func (s Snapshot) Peers() []sentinel.Peer { return all[sentinel.Peer](s.txn, tablePeers) }

// Settings are those of the service, defaults if none were changed.
func (s Snapshot) Settings() sentinel.Settings {
	if row := first[settingsRow](s.txn, tableSettings, tableSettings); row != nil {
		return row.Settings
	}
	return sentinel.Settings{}
}

func first[T any](txn *memdb.Txn, table, key string) *T {
	row, err := txn.First(table, indexID, key)
	must(err)
	if row == nil {
		return nil
	}
	return row.(*T)
}

func rows[T any](txn *memdb.Txn, table string) []*T {
	it, err := txn.Get(table, indexID)
	must(err)
	var list []*T
	for row := it.Next(); row != nil; row = it.Next() {
		list = append(list, row.(*T))
	}
	return list
}

func all[T any](txn *memdb.Txn, table string) []T {
	var list []T
	for _, row := range rows[T](txn, table) {
		list = append(list, *row)
	}
	return list
}
