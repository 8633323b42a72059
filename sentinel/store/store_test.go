package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

func view(name string, epoch uint64) *sentinel.View {
	vitals := sentinel.NewVitals(time.Unix(0, 0))
	return &sentinel.View{Name: name, Epoch: epoch, Master: sentinel.InstanceView{Addr: sentinel.Addr{Host: "10.0.0.1", Port: 6379}, Vitals: vitals}}
}

// TestSnapshotStands holds that a snapshot is one moment, whatever is committed later.
func TestSnapshotStands(t *testing.T) {
	s := store.New()
	s.CommitMaster(view("a", 1))
	s.CommitPeers([]sentinel.Peer{{ID: "2"}, {ID: "1"}})
	old := s.Snapshot()
	s.CommitMaster(view("a", 2))
	s.CommitMaster(view("ab", 1))
	s.CommitPeers(nil)
	s.CommitSettings(sentinel.Settings{Seq: 1})
	if names, peers := len(old.Masters()), old.Peers(); names != 1 || old.Master("a").Epoch != 1 || len(peers) != 2 || peers[0].ID != "1" {
		t.Errorf("the old snapshot has %d masters, epoch %d and peers %v, want 1, 1 and two, ordered", names, old.Master("a").Epoch, peers)
	}
	if old.Settings().Seq != 0 {
		t.Errorf("the old snapshot has settings %v", old.Settings())
	}
	if s.RemoveMaster(old.Master("a")); s.Snapshot().Master("a") == nil {
		t.Error("taking an old view away took away the one that had replaced it")
	}
	s.RemoveMaster(s.Snapshot().Master("a"))
	if now := s.Snapshot(); now.Master("a") != nil || len(now.Masters()) != 1 || now.Masters()[0].Name != "ab" || len(now.Peers()) != 0 {
		t.Errorf("the new snapshot has masters %v, want ab", now.Masters())
	}
}

// TestMasterWatch holds that who wakes sees the change, and wakes for its master only.
func TestMasterWatch(t *testing.T) {
	s := store.New()
	s.CommitMaster(view("a", 1))
	s.CommitMaster(view("b", 1))
	_, changed := s.Snapshot().MasterWatch("a")
	s.CommitMaster(view("b", 2))
	select {
	case <-changed:
		t.Error("a change of b woke who waits for a")
	default:
	}
	seen := make(chan uint64)
	go func() {
		<-changed
		seen <- s.Snapshot().Master("a").Epoch
	}()
	s.CommitMaster(view("a", 2))
	if epoch := <-seen; epoch != 2 {
		t.Errorf("woken with epoch %d, want 2", epoch)
	}
}

func filled(masters int) *store.Store {
	s := store.New()
	for i := range masters {
		s.CommitMaster(view(fmt.Sprintf("cache-%d", i), 1))
	}
	return s
}

func BenchmarkMaster(b *testing.B) {
	s := filled(10_000)
	b.ReportAllocs()
	for b.Loop() {
		if s.Snapshot().Master("cache-4711") == nil {
			b.Fatal("not found")
		}
	}
}

func BenchmarkMasters(b *testing.B) {
	s := filled(1000)
	b.ReportAllocs()
	for b.Loop() {
		s.Snapshot().Masters()
	}
}

func BenchmarkCommitMaster(b *testing.B) {
	s := filled(10_000)
	next := view("cache-4711", 2)
	b.ReportAllocs()
	for b.Loop() {
		s.CommitMaster(next)
	}
}

// TestVotesThatExist: an event tells no more votes than there are Sentinels, and no more
// than are asked for.
func TestVotesThatExist(t *testing.T) {
	for _, c := range []struct {
		quorum int
		ready  []bool // of the peers
		want   string
	}{
		{2, []bool{true, true}, "#quorum 2/2"},
		{4, []bool{true, true}, "#quorum 3/4"},
		{3, []bool{true, false}, "#quorum 2/3"},
		{2, nil, "#quorum 1/2"},
	} {
		s := store.New()
		up, down := view("a", 1), view("a", 1)
		up.Config.Quorum, down.Config.Quorum = c.quorum, c.quorum
		down.Master.SDown, down.Master.ODown = true, true
		var peers []sentinel.Peer
		for n, ready := range c.ready {
			peers = append(peers, sentinel.Peer{ID: fmt.Sprint(n), Ready: ready})
		}
		s.CommitPeers(peers)
		s.CommitMaster(up)
		told := ""
		for _, e := range s.CommitMaster(down) {
			if e.Type == "+odown" {
				told = e.Payload
			}
		}
		if want := "master a 10.0.0.1 6379 " + c.want; told != want {
			t.Errorf("%d peers, quorum %d: %q, want %q", len(c.ready), c.quorum, told, want)
		}
	}
}
