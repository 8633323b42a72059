package conformance

import (
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// startLiteral serves literal views of the real topologies, without a socket.
func startLiteral(t *testing.T) servers {
	t.Helper()
	watched := store.New()
	watched.CommitMaster(topology())
	watched.CommitPeers([]sentinel.Peer{{
		ID: id("b"), Addr: sentinel.Addr{Host: peerHost, Port: sentinelPort}, Ready: true,
	}})
	return servers{
		"":        serve(t, command.Options{Store: watched, MyID: id("a"), Addr: sentinelHost}),
		"auth":    serve(t, command.Options{Store: store.New(), MyID: id("c"), RequirePass: password}),
		"acl":     serve(t, command.Options{Store: store.New(), MyID: id("d"), ACLFile: aclFile(t)}),
		"change":  serve(t, command.Options{Store: changeable(changeMaster, changeLonely, 2, changeReplica1, changeReplica2), MyID: id("e"), Addr: changeHost}),
		"down":    serve(t, command.Options{Store: unreachableViews(), MyID: id("e"), Addr: downHost}),
		"unsaved": serve(t, command.Options{Store: changeable(unsavedMaster, unsavedMaster, 2), MyID: id("e"), Addr: unsavedHost}),
		"fail":    serve(t, command.Options{Store: changeable(failMaster, failLonely, 1, failReplica), MyID: id("f"), Addr: failHost}),
	}
}

func serve(t *testing.T, options command.Options) dialer {
	t.Helper()
	kept := &memory{views: options.Store}
	options.Port, options.Failover = sentinelPort, kept.failover
	if options.Addr != unsavedHost {
		options.Writer = kept
	}
	commands := command.New(options)
	server := resp.NewServer(resp.Options{}, commands)
	kept.publish = func(channel, payload string) {
		server.Hub().Publish(channel, payload)
		server.Hub().Flush(t.Context()) // a transcript has it before the answer
	}
	if options.ACLFile != "" {
		if err := commands.LoadUsers(server); err != nil {
			t.Fatal(err)
		}
	}
	listener := newPipes()
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return listener.dial
}

func topology() *sentinel.View { return view("mymaster", masterHost, 2, replicaHost1, replicaHost2) }

func changeable(master, lonely string, quorum int, replicas ...string) *store.Store {
	views := store.New()
	views.CommitMaster(view("mymaster", master, quorum, replicas...))
	views.CommitMaster(view("lonely", lonely, 1))
	return views
}

func view(name, master string, quorum int, replicas ...string) *sentinel.View {
	config := sentinel.Defaults()
	config.DownAfter, config.Quorum = 5*time.Second, quorum
	v := &sentinel.View{Name: name, Config: config, Master: instance(master, "d", sentinel.Snapshot{Role: sentinel.RoleMaster})}
	for i, host := range replicas {
		v.Replicas = append(v.Replicas, instance(host, string(rune('e'+i%2)), sentinel.Snapshot{
			Role: sentinel.RoleReplica, MasterAddr: sentinel.Addr{Host: master, Port: redisPort}, LinkUp: true,
		}))
	}
	return v
}

func instance(host, letter string, reading sentinel.Snapshot) sentinel.InstanceView {
	now := time.Now()
	reading.RunID, reading.Priority, reading.Announced = id(letter), 100, true
	reading.Info = "# Server\r\nredis_version:7.0.15\r\n"
	vitals := sentinel.NewVitals(now)
	vitals.Seen(now, reading)
	return sentinel.InstanceView{
		Addr: sentinel.Addr{Host: host, Port: redisPort}, RunID: id(letter), Vitals: vitals,
	}
}

func id(letter string) string { return strings.Repeat(letter, 40) }
