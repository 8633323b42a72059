package store

import (
	"fmt"

	"github.com/hashicorp/go-memdb"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

const (
	tableMasters  = "masters"
	tablePeers    = "peers"
	tableSettings = "settings"
	indexID       = "id"
)

// Store holds the committed views. Its methods may be called from any goroutine.
type Store struct {
	db *memdb.MemDB
}

// New returns an empty store.
func New() *Store {
	db, err := memdb.NewMemDB(schema())
	if err != nil {
		panic(fmt.Sprintf("store schema: %v", err)) // a constant that is wrong
	}
	return &Store{db: db}
}

func schema() *memdb.DBSchema {
	byString := func(table, field string) *memdb.TableSchema {
		return &memdb.TableSchema{Name: table, Indexes: map[string]*memdb.IndexSchema{
			indexID: {Name: indexID, Unique: true, Indexer: &memdb.StringFieldIndex{Field: field}},
		}}
	}
	return &memdb.DBSchema{Tables: map[string]*memdb.TableSchema{
		tableMasters:  byString(tableMasters, "Name"),
		tablePeers:    byString(tablePeers, "ID"),
		tableSettings: byString(tableSettings, "ID"),
	}}
}

// CommitMaster replaces the view of one master and returns the events of that
// change, in order. They may be published once it has returned: from then on
// every new snapshot gives the new answer.
func (s *Store) CommitMaster(view *sentinel.View) []sentinel.Event {
	txn := s.db.Txn(true)
	defer txn.Abort()
	before := first[sentinel.View](txn, tableMasters, view.Name)
	peers := all[sentinel.Peer](txn, tablePeers)
	events := sentinel.Events(before, view, sentinel.Usable(peers))
	if before == nil || before.Resets != view.Resets {
		events = append(events, sentinel.PeerEvents(view, nil, peers)...)
	}
	must(txn.Insert(tableMasters, view))
	txn.Commit()
	return events
}

// RemoveMaster forgets a view, and does nothing if another one has replaced it: a set
// that comes back may be shown before the last trace of it was taken away.
func (s *Store) RemoveMaster(view *sentinel.View) []sentinel.Event {
	txn := s.db.Txn(true)
	defer txn.Abort()
	before := first[sentinel.View](txn, tableMasters, view.Name)
	if before == nil || before != view {
		return nil
	}
	must(txn.Delete(tableMasters, before))
	txn.Commit()
	return sentinel.Events(before, nil, 0)
}

// CommitPeers replaces the list of the service's other replicas and returns the
// events as each master's subscribers hear them.
func (s *Store) CommitPeers(peers []sentinel.Peer) []sentinel.Event {
	txn := s.db.Txn(true)
	defer txn.Abort()
	before := all[sentinel.Peer](txn, tablePeers)
	_, err := txn.DeleteAll(tablePeers, indexID)
	must(err)
	for i := range peers {
		must(txn.Insert(tablePeers, &peers[i]))
	}
	var events []sentinel.Event
	for _, view := range rows[sentinel.View](txn, tableMasters) {
		events = append(events, sentinel.PeerEvents(view, before, peers)...)
	}
	txn.Commit()
	return events
}

// settingsRow is the one row of its table.
type settingsRow struct {
	ID string
	sentinel.Settings
}

// CommitSettings replaces the settings of the service; subscribers hear nothing of it.
func (s *Store) CommitSettings(settings sentinel.Settings) {
	txn := s.db.Txn(true)
	defer txn.Abort()
	must(txn.Insert(tableSettings, &settingsRow{ID: tableSettings, Settings: settings}))
	txn.Commit()
}

// must is for errors that only a wrong schema can cause.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("store: %v", err))
	}
}
