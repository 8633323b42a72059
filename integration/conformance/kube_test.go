package conformance

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// kube is what the service needs of Kubernetes, in memory: records and settings with
// compare-and-swap, pods, and watches that tell every replica of the service.
type kube struct {
	mu       sync.Mutex
	records  map[string]sentinel.Record
	settings sentinel.Settings
	sets     map[string]sentinel.Set
	watchers []*replica
	asleep   map[*replica]bool
	debugs   bool // the replicas of the service run with --enable-debug-commands
}

func newKube() *kube {
	return &kube{records: map[string]sentinel.Record{}, sets: map[string]sentinel.Set{}, asleep: map[*replica]bool{}}
}

// Get reads a record.
func (k *kube) Get(_ context.Context, master string) (sentinel.Record, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.records[master], nil
}

// Put writes a record over the version that it carries.
func (k *kube) Put(_ context.Context, master string, r sentinel.Record) (sentinel.Record, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if r.Version != k.records[master].Version {
		return sentinel.Record{}, sentinel.ErrConflict
	}
	r.Seq++
	r.Format = sentinel.Format
	r.Version = fmt.Sprint(r.Seq)
	k.records[master] = r
	for _, w := range k.watchers {
		go w.monitor.RecordChanged(master, r) // an older one that comes late is known by its Seq
	}
	return r, nil
}

// GetSettings reads the settings.
func (k *kube) GetSettings(context.Context) (sentinel.Settings, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.settings, nil
}

// PutSettings writes them over the version that they carry.
func (k *kube) PutSettings(_ context.Context, s sentinel.Settings) (sentinel.Settings, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s.Version != k.settings.Version {
		return sentinel.Settings{}, sentinel.ErrConflict
	}
	s.Seq++
	s.Version = fmt.Sprint(s.Seq)
	k.settings = s
	for _, w := range k.watchers {
		go w.monitor.SettingsChanged(s)
	}
	return s, nil
}

// Pods are those of a set.
func (k *kube) Pods(_ context.Context, master string) ([]sentinel.Pod, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.sets[master].Pods), nil
}

// Label changes nothing: nobody selects by it here.
func (k *kube) Label(context.Context, sentinel.Pod, sentinel.Role) error { return nil }

// Record hears Kubernetes Events.
func (k *kube) Record(string, string, bool, string, string) {}

// change alters a set and tells every replica of the service.
func (k *kube) change(master string, alter func(*sentinel.Set)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	set := k.sets[master]
	set.Master, set.Pods = master, slices.Clone(set.Pods)
	alter(&set)
	set.Size = len(set.Pods)
	k.sets[master] = set
	for _, w := range k.watchers {
		w.monitor.SetChanged(set)
	}
}

// join tells a replica of the service all there is, and from now on what changes.
func (k *kube) join(r *replica) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.watchers = append(k.watchers, r)
	r.monitor.SettingsChanged(k.settings)
	for _, master := range slices.Sorted(maps.Keys(k.sets)) {
		r.monitor.RecordChanged(master, k.records[master])
		r.monitor.SetChanged(k.sets[master])
	}
	k.tellPeers()
}

// leave forgets a replica of the service.
func (k *kube) leave(r *replica) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.watchers = slices.DeleteFunc(k.watchers, func(w *replica) bool { return w == r })
	k.tellPeers()
}

// ready tells that a replica of the service is ready, or not.
func (k *kube) ready(r *replica, ready bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asleep[r] = !ready
	k.tellPeers()
}

func (k *kube) tellPeers() {
	for _, w := range k.watchers {
		var peers []sentinel.Peer
		for _, other := range k.watchers {
			if other != w {
				down := k.asleep[other]
				peers = append(peers, sentinel.Peer{ID: other.id, Addr: other.addr, Ready: !down, SDown: down})
			}
		}
		w.monitor.PeersChanged(peers)
	}
}
