package command_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
)

func TestSentinelClient(t *testing.T) {
	s := start(t, command.Options{RequirePass: "secret"})
	client := redis.NewSentinelClient(&redis.Options{Addr: s.addr, Password: "secret"})
	t.Cleanup(func() { _ = client.Close() })
	ctx := patient(t)
	addr, err := client.GetMasterAddrByName(ctx, "mymaster").Result()
	if diff := cmp.Diff([]string{"127.0.0.1", "6379"}, addr); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	if _, err = client.GetMasterAddrByName(ctx, "nope").Result(); !errors.Is(err, redis.Nil) {
		t.Errorf("unknown name: %v", err)
	}
	if replicas, err := client.Replicas(ctx, "mymaster").Result(); err != nil || len(replicas) != 2 {
		t.Errorf("%v %v", replicas, err)
	}
	if master, err := client.Master(ctx, "mymaster").Result(); err != nil || master["flags"] != "master" {
		t.Errorf("%v %v", master, err)
	}
	wrong := redis.NewSentinelClient(&redis.Options{Addr: s.addr, Password: "wrong"})
	t.Cleanup(func() { _ = wrong.Close() })
	if err := wrong.Ping(ctx).Err(); err == nil {
		t.Error("a wrong password was accepted")
	}
}

// data stands for a Redis: it answers every command with its own address.
type data struct{ name string }

func (data) Open(*resp.Session) {}

func (d data) Serve(s *resp.Session, args [][]byte) resp.Reply {
	if string(args[0]) == "hello" {
		s.SetProto(resp.RESP3)
		return resp.Map(resp.Bulk("proto"), resp.Integer(3))
	}
	return resp.Bulk(d.name)
}

func serveData(t *testing.T, name string) sentinel.Addr {
	t.Helper()
	s := service{}.serve(t, data{name})
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	return sentinel.Addr{Host: host, Port: n}
}

// TestFailoverClient drives an unmodified client through a switch: commit, then
// publish, and its commands arrive at the new master.
func TestFailoverClient(t *testing.T) {
	before, after := healthy(), healthy()
	before.Master.Addr, after.Master.Addr = serveData(t, "old"), serveData(t, "new")
	s := start(t, command.Options{})
	s.views.CommitMaster(before)
	client := redis.NewFailoverClient(&redis.FailoverOptions{MasterName: "mymaster", SentinelAddrs: []string{s.addr}, MaxRetries: 10})
	t.Cleanup(func() { _ = client.Close() })
	waitForAnswer(t, client, "old")
	until(t, "the client's subscription", func() bool { return s.server.Stats().Channels > 0 })
	for _, event := range s.views.CommitMaster(after) {
		s.server.Hub().Publish(event.Type, event.Payload)
	}
	waitForAnswer(t, client, "new")
}

func waitForAnswer(t *testing.T, client *redis.Client, want string) {
	t.Helper()
	ctx := patient(t)
	until(t, "an answer of "+want, func() bool {
		have, err := client.Get(ctx, "key").Result()
		return err == nil && have == want
	})
}

func TestEventsReachSubscribers(t *testing.T) {
	s := start(t, command.Options{})
	subscription := s.client(t).PSubscribe(patient(t), "*")
	t.Cleanup(func() { _ = subscription.Close() })
	if _, err := subscription.Receive(patient(t)); err != nil {
		t.Fatal(err)
	}
	after := healthy()
	after.Resets++
	for _, event := range s.views.CommitMaster(after) {
		s.server.Hub().Publish(event.Type, event.Payload)
	}
	message, err := subscription.ReceiveMessage(patient(t))
	if err != nil {
		t.Fatal(err)
	}
	if message.Channel != "+reset-master" || message.Payload != "master mymaster 127.0.0.1 6379" {
		t.Errorf("have %s %q", message.Channel, message.Payload)
	}
}

func TestKilledClientsAreGone(t *testing.T) {
	s := start(t, command.Options{})
	victim, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = victim.Close() })
	until(t, "the victim connected", func() bool { return s.server.Stats().Connected == 1 })
	killed, err := s.client(t).Do(patient(t), "CLIENT", "KILL", "ADDR", victim.LocalAddr().String(), "SKIPME", "no").Int()
	if err != nil || killed != 1 {
		t.Fatalf("killed %d, %v", killed, err)
	}
	_ = victim.SetReadDeadline(time.Now().Add(patience))
	if _, err := victim.Read(make([]byte, 1)); err == nil {
		t.Error("still connected")
	}
}

func TestCallsAreCounted(t *testing.T) {
	commands := command.New(command.Options{MyID: id("a")})
	s := service{}.serve(t, commands)
	if have := s.text(t, "sentinel", "myid"); have != id("a") {
		t.Fatalf("have %q", have)
	}
	calls := map[string]uint64{}
	commands.Calls(func(name string, n uint64) { calls[name] = n })
	if calls["sentinel|myid"] != 1 || calls["sentinel|master"] != 0 {
		t.Errorf("have %v", calls)
	}
}

func TestConcurrentQueriesAndCommits(t *testing.T) {
	s := start(t, command.Options{})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			for _, event := range s.views.CommitMaster(healthy()) {
				s.server.Hub().Publish(event.Type, event.Payload)
			}
		}
	}()
	client := s.client(t)
	for range 200 {
		if _, err := client.Do(patient(t), "SENTINEL", "MASTERS").Result(); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	<-done
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not in time", what)
		}
	}
}
