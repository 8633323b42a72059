package monitor

import (
	"context"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// Records is where what was decided is kept, and what clients changed. All calls are
// bounded in time by their context.
type Records interface {
	// Get reads the record live; a record that does not exist has no phase.
	Get(ctx context.Context, master string) (sentinel.Record, error)
	// Put writes it by compare-and-swap; sentinel.ErrConflict if it met a newer one.
	Put(ctx context.Context, master string, r sentinel.Record) (sentinel.Record, error)
	// GetSettings reads the service's settings live; the zero value if none were
	// changed yet. PutSettings writes them by compare-and-swap, as Put does.
	GetSettings(ctx context.Context) (sentinel.Settings, error)
	PutSettings(ctx context.Context, s sentinel.Settings) (sentinel.Settings, error)
}

// Kubernetes is what the monitor needs of the cluster. All calls are bounded in
// time by their context.
type Kubernetes interface {
	Records
	// Pods lists the set's pods live.
	Pods(ctx context.Context, master string) ([]sentinel.Pod, error)
	// Label writes the role label of a pod.
	Label(ctx context.Context, pod sentinel.Pod, role sentinel.Role) error
	// Record emits a Kubernetes Event.
	Record(master, pod string, warning bool, reason, message string)
}

// Dialer opens a connection to a data node and reads its state. name is what CLIENT LIST
// shows there.
type Dialer func(ctx context.Context, addr sentinel.Addr, name string) (Conn, sentinel.Snapshot, error)

// Conn is a connection to one Redis process; see package resp/node.
type Conn interface {
	RunID() string
	Lost() <-chan struct{}
	// OnLost calls f, in a goroutine of its own, when the connection is lost.
	OnLost(f func())
	Close()
	// Ready makes the next command go out at once, whether or not the process answers;
	// Rest gives back what that needs. The connection stays.
	Ready(ctx context.Context) error
	Rest()
	Snapshot(ctx context.Context) (sentinel.Snapshot, error)
	// Freeze leaves a replica alone that has a link to one of these addresses, and keeps it.
	Freeze(ctx context.Context, unless ...sentinel.Addr) (sentinel.Snapshot, error)
	Detach(ctx context.Context) error
	Demote(ctx context.Context) (sentinel.Snapshot, error)
	Empty(ctx context.Context) (sentinel.Snapshot, error)
	Promote(ctx context.Context, minReplicas int, maxLag time.Duration) (sentinel.Snapshot, error)
	SetFence(ctx context.Context, minReplicas int, maxLag time.Duration) (sentinel.Snapshot, error)
	Pill(ctx context.Context) (sentinel.Snapshot, error)
	KillOlder(ctx context.Context, older func(name string) (bool, error)) error
	Follow(ctx context.Context, master sentinel.Addr, cutClients bool) (sentinel.Snapshot, error)
	CutLate(ctx context.Context) (sentinel.Snapshot, error)
	Pause(ctx context.Context, d time.Duration) (sentinel.Snapshot, error)
	Unpause(ctx context.Context) error
	AwaitOffset(ctx context.Context, offset int64, within time.Duration) (sentinel.Snapshot, error)
}

// Watcher opens a connection on which a data node is watched, as a Dialer does.
type Watcher func(ctx context.Context, addr sentinel.Addr, name string) (Pulse, sentinel.Snapshot, error)

// Pulse is a connection on which one Redis process is asked how it is; see package
// resp/node. Close ends a question that is under way.
type Pulse interface {
	Lost() <-chan struct{}
	Close()
	Ping(by time.Time) (ok bool, err error)
	Snapshot(by time.Time) (sentinel.Snapshot, error)
}

// Store is where views are committed; see package sentinel/store.
type Store interface {
	CommitMaster(*sentinel.View) []sentinel.Event
	RemoveMaster(view *sentinel.View) []sentinel.Event
	CommitPeers([]sentinel.Peer) []sentinel.Event
	CommitSettings(sentinel.Settings)
}

// Publisher tells subscribers; it must not block.
type Publisher func(channel, payload string)
