package monitor_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/monitor"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// cluster is a record with compare-and-swap and a list of pods, in memory.
type cluster struct {
	mu       sync.Mutex
	record   sentinel.Record
	pods     []sentinel.Pod
	watcher  func(sentinel.Record)
	settings sentinel.Settings
}

func (c *cluster) Get(context.Context, string) (sentinel.Record, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.record, nil
}

func (c *cluster) Put(_ context.Context, _ string, r sentinel.Record) (sentinel.Record, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Version != c.record.Version {
		return sentinel.Record{}, sentinel.ErrConflict
	}
	r.Seq++
	r.Format = sentinel.Format
	r.Version = fmt.Sprint(r.Seq)
	c.record = r
	c.watcher(r)
	return r, nil
}

func (c *cluster) Pods(context.Context, string) ([]sentinel.Pod, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]sentinel.Pod(nil), c.pods...), nil
}

func (c *cluster) Label(context.Context, sentinel.Pod, sentinel.Role) error { return nil }
func (c *cluster) Record(string, string, bool, string, string)              {}

// fixture is a real set of Redis with a monitor that leads.
type fixture struct {
	*cluster
	t       *testing.T
	store   *store.Store
	monitor *monitor.Monitor
	redis   []*redis.Server
	events  chan sentinel.Event
}

func start(t *testing.T, net string, n int) *fixture {
	t.Helper()
	f := &fixture{cluster: &cluster{}, t: t, store: store.New(), events: make(chan sentinel.Event, 1000)}
	log := logrus.New()
	log.SetOutput(t.Output())
	f.monitor = monitor.New(monitor.Options{
		Kubernetes: f.cluster, Store: f.store, Log: log,
		Publish: func(channel, payload string) { f.events <- sentinel.Event{Type: channel, Payload: payload} },
		Dial: func(ctx context.Context, addr sentinel.Addr, name string) (monitor.Conn, sentinel.Snapshot, error) {
			return node.Dial(ctx, addr, name, node.Options{})
		},
		Watch: func(ctx context.Context, addr sentinel.Addr, name string) (monitor.Pulse, sentinel.Snapshot, error) {
			return node.Watch(ctx, addr, name, node.Options{})
		},
	})
	f.watcher = func(r sentinel.Record) { go f.monitor.RecordChanged("mymaster", r) }
	for i := range n {
		f.redis = append(f.redis, redis.Start(t, fmt.Sprintf("%s.%d", net, i+1), 6379, redis.Fence...))
		f.pods = append(f.pods, sentinel.Pod{
			Name: fmt.Sprintf("redis-%d", i), UID: fmt.Sprintf("uid-%d", i), Ordinal: i,
			Addr: sentinel.Addr{Host: f.redis[i].Host, Port: 6379}, Ready: true,
		})
	}
	t.Cleanup(f.monitor.Close)
	f.monitor.Leading(1)
	f.tellSet()
	f.await("+monitor")
	f.awaitReplicas(n - 1)
	return f
}

func (f *fixture) tellSet() {
	f.monitor.SetChanged(sentinel.Set{
		Master: "mymaster", Owner: "redis", Size: len(f.redis),
		Config: sentinel.Defaults(), Pods: append([]sentinel.Pod(nil), f.pods...),
	})
}

func (f *fixture) await(event string) sentinel.Event {
	f.t.Helper()
	deadline := time.After(20 * time.Second)
	for {
		select {
		case e := <-f.events:
			if e.Type == event {
				return e
			}
		case <-deadline:
			f.t.Fatalf("no %s", event)
		}
	}
}

func (f *fixture) view() *sentinel.View { return f.store.Snapshot().Master("mymaster") }

func (f *fixture) awaitReplicas(n int) {
	f.t.Helper()
	redis.Eventually(f.t, 20*time.Second, fmt.Sprintf("%d replicas in sync", n), func() bool {
		v := f.view()
		up := 0
		for i := range v.Replicas {
			if !v.Replicas[i].SDown {
				up++
			}
		}
		return up == n && !v.Master.SDown
	})
}

// master is the server that the view names.
func (f *fixture) master() *redis.Server {
	addr := f.view().Master.Addr
	for _, s := range f.redis {
		if s.Host == addr.Host {
			return s
		}
	}
	f.t.Fatalf("the view names %s, which is none of ours", addr)
	return nil
}

func (f *fixture) fill(keys int) {
	f.t.Helper()
	client := f.master().Client()
	defer client.Close()
	pipe := client.Pipeline()
	for i := range keys {
		pipe.Set(f.t.Context(), fmt.Sprintf("k:%d", i), "value", 0)
	}
	if _, err := pipe.Exec(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	// What no replica has received is lost with a crash, and no promise of ours.
	if n, err := client.Wait(f.t.Context(), len(f.redis)-1, 10*time.Second).Result(); err != nil || int(n) != len(f.redis)-1 {
		f.t.Fatalf("%d replicas have it: %v", n, err)
	}
}

func (f *fixture) keys(s *redis.Server) int64 {
	client := s.Client()
	defer client.Close()
	n, _ := client.DBSize(f.t.Context()).Result()
	return n
}

func TestCrashWithImmediateEmptyRestart(t *testing.T) {
	f := start(t, "127.0.40", 3)
	f.fill(1000)
	for round := range 5 {
		old := f.master()
		began := time.Now()
		old.Kill()
		if err := old.Boot(); err != nil {
			t.Fatal(err)
		}
		e := f.await("+switch-master")
		t.Logf("round %d: %s after %s", round, e.Payload, time.Since(began))
		if f.master() == old {
			t.Fatalf("the view still names the killed %s", old)
		}
		if n := f.keys(f.master()); n != 1000 {
			t.Fatalf("the new master has %d of 1000 keys", n)
		}
		f.awaitReplicas(2)
		for _, s := range f.redis {
			redis.Eventually(t, 10*time.Second, "1000 keys on "+s.Addr(), func() bool { return f.keys(s) == 1000 })
		}
	}
}

func TestPlannedSwitchLosesNothing(t *testing.T) {
	f := start(t, "127.0.41", 3)
	f.fill(1000)
	old := f.master()
	if err := f.monitor.Failover(t.Context(), "mymaster", "a test"); err != nil {
		t.Fatal(err)
	}
	f.await("+switch-master")
	if f.master() == old {
		t.Fatalf("the view still names %s", old)
	}
	f.awaitReplicas(2)
	if n := f.keys(f.master()); n != 1000 {
		t.Fatalf("the new master has %d of 1000 keys", n)
	}
}

func TestServiceRestartTouchesNothing(t *testing.T) {
	f := start(t, "127.0.42", 3)
	f.fill(10)
	redis.Eventually(t, 20*time.Second, "the write fence in the record", func() bool {
		r, err := f.Get(t.Context(), "mymaster")
		return err == nil && r.Phase == sentinel.Stable && r.Fence == 1
	})
	f.monitor.Close()
	count := func() map[string]int64 {
		calls := map[string]int64{}
		for _, s := range f.redis {
			client := s.Client()
			text, err := client.Info(t.Context(), "commandstats").Result()
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range []string{"replicaof", "config|set", "client|kill", "client|pause", "slaveof"} {
				calls[s.Addr()+" "+name] = callsOf(text, name)
			}
			_ = client.Close()
		}
		return calls
	}
	before := count()
	second := monitor.New(monitor.Options{
		Kubernetes: f.cluster, Store: store.New(), Log: discard(), Publish: func(string, string) {},
		Dial: func(ctx context.Context, addr sentinel.Addr, name string) (monitor.Conn, sentinel.Snapshot, error) {
			return node.Dial(ctx, addr, name, node.Options{})
		},
		Watch: func(ctx context.Context, addr sentinel.Addr, name string) (monitor.Pulse, sentinel.Snapshot, error) {
			return node.Watch(ctx, addr, name, node.Options{})
		},
	})
	defer second.Close()
	second.Leading(2)
	second.RecordChanged("mymaster", f.record)
	second.SetChanged(sentinel.Set{Master: "mymaster", Size: 3, Config: sentinel.Defaults(), Pods: f.pods})
	redis.Eventually(t, 10*time.Second, "the second service has looked at all", second.Settled)
	after := count()
	for what, n := range before {
		if after[what] != n {
			t.Errorf("%s: %d calls before the restart, %d after it", what, n, after[what])
		}
	}
}

func callsOf(text, command string) int64 {
	var n int64
	if i := indexOf(text, "cmdstat_"+command+":calls="); i >= 0 {
		fmt.Sscanf(text[i:], "%d", &n) //nolint:errcheck // 0 then
	}
	return n
}

func indexOf(text, prefix string) int {
	for i := range len(text) - len(prefix) {
		if text[i:i+len(prefix)] == prefix {
			return i + len(prefix)
		}
	}
	return -1
}

func discard() *logrus.Logger {
	log := logrus.New()
	log.SetLevel(logrus.PanicLevel)
	return log
}
