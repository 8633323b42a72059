package single

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/monitor"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// Name is the set's name for Sentinel.
const Name = "mymaster"

const patience = 20 * time.Second

// Set is one master with its replicas, and its monitor.
type Set struct {
	Monitor *monitor.Monitor
	Redis   []*redis.Server

	t      testing.TB
	record *record
	store  *store.Store
	events chan sentinel.Event
}

// Start runs n servers of a program at network.1, network.2 and so on, or at network::1 and
// so on where that is one of IPv6, and returns when one is the master and the others are its replicas. All ends with the test.
func Start(t testing.TB, program redis.Program, network string, n int) *Set {
	t.Helper()
	s := &Set{t: t, record: &record{told: map[string]int{}, said: map[string]string{}}, store: store.New(), events: make(chan sentinel.Event, 1000)}
	log := logrus.New()
	log.SetOutput(t.Output())
	s.Monitor = monitor.New(monitor.Options{
		Kubernetes: s.record, Store: s.store, Log: log,
		Publish: func(channel, payload string) { s.events <- sentinel.Event{Type: channel, Payload: payload} },
		Dial: func(ctx context.Context, addr sentinel.Addr, name string) (monitor.Conn, sentinel.Snapshot, error) {
			return node.Dial(ctx, addr, name, node.Options{})
		},
		Watch: func(ctx context.Context, addr sentinel.Addr, name string) (monitor.Pulse, sentinel.Snapshot, error) {
			return node.Watch(ctx, addr, name, node.Options{})
		},
	})
	s.record.changed = func(r sentinel.Record) { go s.Monitor.RecordChanged(Name, r) }
	for i := range n {
		server := program.Start(t, fmt.Sprintf("%s%d", prefix(network), i+1), 6379, redis.Fence...)
		s.Redis = append(s.Redis, server)
		s.record.pods = append(s.record.pods, sentinel.Pod{
			Name: fmt.Sprintf("redis-%d", i), UID: fmt.Sprintf("uid-%d", i), Ordinal: i,
			Addr: sentinel.Addr{Host: server.Host, Port: server.Port}, Ready: true,
		})
	}
	t.Cleanup(s.Monitor.Close)
	s.Monitor.Leading(1)
	s.declare()
	s.Await("+monitor")
	s.InSync()
	return s
}

func prefix(network string) string {
	if strings.Contains(network, ":") {
		return network + "::"
	}
	return network + "."
}

// Store is what clients are answered from.
func (s *Set) Store() *store.Store { return s.store }

func (s *Set) declare() {
	pods, _ := s.record.Pods(s.t.Context(), Name)
	s.Monitor.SetChanged(sentinel.Set{Master: Name, Owner: "redis", Size: len(pods), Config: sentinel.Defaults(), Pods: pods})
}

// Limit declares the memory limit of all containers, in bytes.
func (s *Set) Limit(bytes int64) {
	s.record.mu.Lock()
	for i := range s.record.pods {
		s.record.pods[i].MemoryLimit = bytes
	}
	s.record.mu.Unlock()
	s.declare()
}

// Join adds a pod to the set whose Redis is not ours.
func (s *Set) Join(pod string, addr sentinel.Addr) {
	s.record.mu.Lock()
	s.record.pods = append(s.record.pods, sentinel.Pod{
		Name: pod, UID: "uid-" + pod, Ordinal: len(s.record.pods), Addr: addr, Ready: true,
	})
	s.record.mu.Unlock()
	s.declare()
}

// Told is how often a report with this reason was made.
func (s *Set) Told(reason string) int {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return s.record.told[reason]
}

// Said is the last message with this reason.
func (s *Set) Said(reason string) string {
	s.record.mu.Lock()
	defer s.record.mu.Unlock()
	return s.record.said[reason]
}

// Await waits for an event and drops those before it.
func (s *Set) Await(event string) sentinel.Event {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case e := <-s.events:
			if e.Type == event {
				return e
			}
		case <-deadline:
			s.t.Fatalf("no %s", event)
		}
	}
}

// InSync waits until clients are told of a master that is up and all its replicas.
func (s *Set) InSync() {
	s.t.Helper()
	redis.Eventually(s.t, patience, "all replicas in sync", func() bool {
		v := s.store.Snapshot().Master(Name)
		up := 0
		for i := range v.Replicas {
			if !v.Replicas[i].SDown {
				up++
			}
		}
		return up == len(s.Redis)-1 && !v.Master.SDown
	})
}

// Master is the server that clients are told of.
func (s *Set) Master() *redis.Server {
	addr := s.store.Snapshot().Master(Name).Master.Addr
	for _, server := range s.Redis {
		if server.Host == addr.Host {
			return server
		}
	}
	s.t.Fatalf("%s is none of ours", addr)
	return nil
}

// Fenced waits until the master asks for a replica before it takes writes.
func (s *Set) Fenced() {
	s.t.Helper()
	client := s.Master().Client()
	defer client.Close()
	redis.Eventually(s.t, patience, "the write fence", func() bool {
		m, err := client.ConfigGet(s.t.Context(), "min-replicas-to-write").Result()
		return err == nil && m["min-replicas-to-write"] != "0"
	})
}
