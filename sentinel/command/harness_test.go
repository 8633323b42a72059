package command_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

const patience = 10 * time.Second

// now is the time that all ages of the tests are told by.
var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func id(letter string) string { return strings.Repeat(letter, 40) }

func at(host string) sentinel.Addr { return sentinel.Addr{Host: host, Port: 6379} }

// healthy is a master with two replicas, all well.
func healthy() *sentinel.View {
	config := sentinel.Defaults()
	return &sentinel.View{
		Name: "mymaster", Config: config, Epoch: 7,
		Master: instance("127.0.0.1", sentinel.Snapshot{Role: sentinel.RoleMaster, Announced: true}),
		Replicas: []sentinel.InstanceView{
			instance("127.0.0.2", following("127.0.0.1")),
			instance("127.0.0.3", following("127.0.0.1")),
		},
	}
}

func following(host string) sentinel.Snapshot {
	return sentinel.Snapshot{
		Role: sentinel.RoleReplica, MasterAddr: at(host), LinkUp: true, Priority: 90, ReplicaOffset: 1234, Announced: true,
	}
}

// instance was seen first a minute ago and read fully two seconds ago.
func instance(host string, s sentinel.Snapshot) sentinel.InstanceView {
	vitals := sentinel.NewVitals(now.Add(-time.Minute))
	vitals.Seen(now.Add(-2*time.Second), s)
	return sentinel.InstanceView{Addr: at(host), RunID: id("1"), Vitals: vitals}
}

// service is a running server with its store.
type service struct {
	server *resp.Server
	views  *store.Store
	addr   string
}

func start(t *testing.T, options command.Options) service {
	t.Helper()
	if options.Store == nil {
		options.Store = store.New()
		options.Store.CommitMaster(healthy())
	}
	options.Now = func() time.Time { return now }
	options.MyID = id("a")
	return service{views: options.Store}.serve(t, command.New(options))
}

func (s service) serve(t *testing.T, handler resp.Handler) service {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.server, s.addr = resp.NewServer(resp.Options{PollAfter: 1}, handler), listener.Addr().String()
	served := make(chan error, 1)
	go func() { served <- s.server.Serve(listener) }()
	t.Cleanup(func() {
		s.server.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return s
}

// client speaks RESP3, as go-redis does by default.
func (s service) client(t *testing.T) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: s.addr})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// fields asks for one row and returns it as a map.
func (s service) fields(t *testing.T, args ...any) map[string]string {
	t.Helper()
	have, err := s.client(t).Do(patient(t), args...).Result()
	if err != nil {
		t.Fatal(err)
	}
	return row(t, have)
}

// rows asks for a list of rows.
func (s service) rows(t *testing.T, args ...any) []map[string]string {
	t.Helper()
	have, err := s.client(t).Do(patient(t), args...).Slice()
	if err != nil {
		t.Fatal(err)
	}
	list := make([]map[string]string, len(have))
	for i, item := range have {
		list[i] = row(t, item)
	}
	return list
}

func row(t *testing.T, item any) map[string]string {
	t.Helper()
	pairs, ok := item.(map[any]any)
	if !ok {
		t.Fatalf("have %T, want a map", item)
	}
	fields := map[string]string{}
	for field, value := range pairs {
		fields[field.(string)] = value.(string)
	}
	return fields
}

// text asks for a plain answer; an error's text is one as well.
func (s service) text(t *testing.T, args ...any) string {
	t.Helper()
	have, err := s.client(t).Do(patient(t), args...).Text()
	if err != nil {
		return err.Error()
	}
	return have
}

func patient(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}
