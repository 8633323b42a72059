package monitor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// A silent master is given up when its replicas, read lately, have not heard of it either.
// Those readings must come however much else is going on. The sets below are in a model
// in which Kubernetes takes everything, no command to a Redis is ever answered, and all
// masters fall silent at one moment.

const witnessPods = 3

// mutedWorld is what such a monitor sees.
type mutedWorld struct {
	mu      sync.Mutex
	records map[string]sentinel.Record
	failing map[string]bool
	silent  time.Time // the masters, since then
}

func (w *mutedWorld) Get(_ context.Context, master string) (sentinel.Record, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.records[master], nil
}

func (w *mutedWorld) Put(_ context.Context, master string, r sentinel.Record) (sentinel.Record, error) {
	time.Sleep(5 * time.Millisecond)
	w.mu.Lock()
	defer w.mu.Unlock()
	r.Seq++
	r.Format = sentinel.Format
	r.Version = strconv.FormatUint(r.Seq, 10)
	w.records[master] = r
	if r.Phase == sentinel.Failing {
		w.failing[master] = true
	}
	return r, nil
}

func (w *mutedWorld) GetSettings(context.Context) (s sentinel.Settings, err error) { return s, nil }
func (w *mutedWorld) PutSettings(_ context.Context, s sentinel.Settings) (sentinel.Settings, error) {
	return s, nil
}
func (w *mutedWorld) Pods(context.Context, string) ([]sentinel.Pod, error)     { return nil, nil }
func (w *mutedWorld) Label(context.Context, sentinel.Pod, sentinel.Role) error { return nil }
func (w *mutedWorld) Record(string, string, bool, string, string)              {}

func (w *mutedWorld) isSilent(ordinal int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return ordinal == 0 && !w.silent.IsZero()
}

func (w *mutedWorld) begun() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.failing)
}

func (w *mutedWorld) reading(ordinal int) sentinel.Snapshot {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := sentinel.Snapshot{
		RunID: runOf(ordinal), ReplID: "id", Offset: 10, ReplicaOffset: 10, Priority: 100, Announced: true, NeedsReplicas: true,
	}
	if ordinal == 0 {
		s.Role = sentinel.RoleMaster
		for other := 1; other < witnessPods; other++ {
			s.Attached = append(s.Attached, sentinel.Attached{Addr: addrOf(other), Online: true})
		}
		return s
	}
	s.Role, s.MasterAddr, s.LinkUp = sentinel.RoleReplica, addrOf(0), true
	if !w.silent.IsZero() {
		s.LastIO = time.Duration(time.Now().Unix()-w.silent.Unix()) * time.Second
	}
	return s
}

func runOf(ordinal int) string { return "run" + strconv.Itoa(ordinal) }

func addrOf(ordinal int) sentinel.Addr {
	return sentinel.Addr{Host: "10.0.0." + strconv.Itoa(ordinal+1), Port: 6379}
}

// mutedPulse is a connection to one of them.
type mutedPulse struct {
	w       *mutedWorld
	ordinal int
	lost    chan struct{}
	once    sync.Once
}

func (w *mutedWorld) watch(ctx context.Context, addr sentinel.Addr, _ string) (Pulse, sentinel.Snapshot, error) {
	p := &mutedPulse{w: w, ordinal: int(addr.Host[len(addr.Host)-1] - '1'), lost: make(chan struct{})}
	if w.isSilent(p.ordinal) {
		<-ctx.Done()
		return nil, sentinel.Snapshot{}, ctx.Err()
	}
	return p, w.reading(p.ordinal), nil
}

func (p *mutedPulse) Lost() <-chan struct{} { return p.lost }
func (p *mutedPulse) Close()                { p.once.Do(func() { close(p.lost) }) }

func (p *mutedPulse) Ping(by time.Time) (bool, error) {
	time.Sleep(time.Millisecond)
	if !p.w.isSilent(p.ordinal) {
		return true, nil
	}
	select {
	case <-time.After(time.Until(by)):
	case <-p.lost:
	}
	p.Close()
	return false, errors.New("no answer")
}

func (p *mutedPulse) Snapshot(by time.Time) (sentinel.Snapshot, error) {
	if _, err := p.Ping(by); err != nil {
		return sentinel.Snapshot{}, err
	}
	return p.w.reading(p.ordinal), nil
}

// muted is a leader with so many sets, a while after its start.
func muted(sets int) (*Monitor, *mutedWorld) {
	w := &mutedWorld{records: map[string]sentinel.Record{}, failing: map[string]bool{}}
	log := logrus.New()
	log.SetOutput(io.Discard)
	m := New(Options{
		Kubernetes: w, Store: store.New(), Log: log, Publish: func(string, string) {}, Watch: w.watch,
		Dial: func(ctx context.Context, _ sentinel.Addr, _ string) (Conn, sentinel.Snapshot, error) {
			<-ctx.Done()
			return nil, sentinel.Snapshot{}, ctx.Err()
		},
	})
	m.Leading(1)
	for n := range sets {
		name := fmt.Sprintf("set%d", n)
		set := sentinel.Set{Master: name, Owner: "a", Size: witnessPods, Config: sentinel.Defaults()}
		for i := range witnessPods {
			set.Pods = append(set.Pods, sentinel.Pod{
				Name: fmt.Sprintf("%s-%d", name, i), UID: fmt.Sprintf("%s-%d", name, i), Ordinal: i, Addr: addrOf(i), Ready: true,
			})
		}
		w.records[name] = sentinel.Record{
			Seq: 1, Stored: sentinel.Stored{Version: "1"}, Epoch: 1, Term: 1, Phase: sentinel.Stable, Fence: 1,
			Master:  sentinel.Process{Pod: name + "-0", UID: name + "-0", RunID: runOf(0), Addr: addrOf(0)},
			Lineage: sentinel.Lineage{ReplID: "id", Offset: 10},
		}
		m.RecordChanged(name, w.records[name])
		m.SetChanged(set)
	}
	time.Sleep(20 * time.Second)
	return m, w
}

func (w *mutedWorld) fallSilent() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.silent = time.Now()
}

// TestSilentMasterOfASetThatWaits: others keep all turns for good, and the silent master is
// given up when its set has waited as long as one does.
func TestSilentMasterOfASetThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, w := muted(1)
		defer m.Close()
		for range turnsMost {
			m.turns <- struct{}{}
		}
		w.fallSilent()
		time.Sleep(turnWait + sentinel.Defaults().DownAfter)
		if w.begun() != 1 {
			t.Error("its master is silent, and nothing has begun")
		}
	})
}

// TestAllMastersSilent: the quick readings of all cannot be taken, and still every set gets
// those that it needs.
func TestAllMastersSilent(t *testing.T) {
	const sets = 200
	synctest.Test(t, func(t *testing.T) {
		m, w := muted(sets)
		defer m.Close()
		w.fallSilent()
		time.Sleep(20 * time.Second)
		if n := w.begun(); n != sets {
			t.Errorf("%d of %d sets have begun to give their masters up", n, sets)
		}
	})
}
