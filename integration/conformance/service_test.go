package conformance

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// startService serves a literal view of the real topology, and one server with a
// password and no masters.
func startService(t *testing.T) (servers map[string]string) {
	t.Helper()
	views := store.New()
	views.CommitMaster(topology())
	views.CommitPeers([]sentinel.Peer{{
		ID: id("b"), Addr: sentinel.Addr{Host: peerHost, Port: sentinelPort}, Ready: true,
	}})
	return map[string]string{
		"":     serve(t, command.Options{Store: views, MyID: id("a"), Addr: sentinelHost, Port: sentinelPort, Failover: refuse}),
		"auth": serve(t, command.Options{Store: store.New(), MyID: id("c"), Port: sentinelPort, RequirePass: password}),
		"acl":  serve(t, command.Options{Store: store.New(), MyID: id("d"), Port: sentinelPort, ACLFile: aclFile(t)}),
	}
}

func refuse(context.Context, string) error { return errors.New("not in this test") }

func serve(t *testing.T, options command.Options) string {
	t.Helper()
	commands := command.New(options)
	server := resp.NewServer(resp.Options{}, commands)
	if options.ACLFile != "" {
		if err := commands.LoadUsers(server); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return listener.Addr().String()
}

func topology() *sentinel.View {
	config := sentinel.Defaults()
	config.DownAfter = 5 * time.Second
	return &sentinel.View{
		Name:     "mymaster",
		Config:   config,
		Master:   instance(masterHost, "d", sentinel.RoleMaster),
		Replicas: []sentinel.InstanceView{instance(replicaHost1, "e", sentinel.RoleReplica), instance(replicaHost2, "f", sentinel.RoleReplica)},
	}
}

func instance(host, letter string, role sentinel.Role) sentinel.InstanceView {
	now := time.Now()
	reading := sentinel.Snapshot{RunID: id(letter), Role: role, Priority: 100, Announced: true, Info: "# Server\r\nredis_version:7.0.15\r\n"}
	if role == sentinel.RoleReplica {
		reading.MasterAddr, reading.LinkUp = sentinel.Addr{Host: masterHost, Port: redisPort}, true
	}
	vitals := sentinel.NewVitals(now)
	vitals.Seen(now, reading)
	return sentinel.InstanceView{
		Addr: sentinel.Addr{Host: host, Port: redisPort}, RunID: id(letter), Vitals: vitals,
	}
}

func id(letter string) string { return strings.Repeat(letter, 40) }
