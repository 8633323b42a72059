package conformance

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/monitor"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// replica is one replica of the service as the binary wires it, but for Kubernetes.
type replica struct {
	id      string
	addr    sentinel.Addr
	store   *store.Store
	monitor *monitor.Monitor
	server  *resp.Server
	kube    *kube
	served  chan error
	exit    atomic.Int32 // the code with which its process would have ended
}

// startReplica starts one at host:port; letter makes its id.
func startReplica(t *testing.T, k *kube, host, letter string) *replica {
	t.Helper()
	r := &replica{
		id: id(letter), addr: sentinel.Addr{Host: host, Port: sentinelPort}, store: store.New(), kube: k,
		served: make(chan error, 1),
	}
	log := logrus.New()
	log.SetOutput(t.Output())
	log.SetLevel(logrus.InfoLevel)
	r.monitor = monitor.New(monitor.Options{
		Kubernetes: k, Store: r.store, Log: log,
		Publish: func(channel, payload string) { r.server.Hub().Publish(channel, payload) },
		Dial: func(ctx context.Context, addr sentinel.Addr, name string) (monitor.Conn, sentinel.Snapshot, error) {
			conn, first, err := node.Dial(ctx, addr, name, node.Options{})
			if err != nil {
				return nil, first, err
			}
			return conn, first, nil
		},
		Watch: func(ctx context.Context, addr sentinel.Addr, name string) (monitor.Pulse, sentinel.Snapshot, error) {
			return node.Watch(ctx, addr, name, node.Options{})
		},
		Exit: func(code int) {
			r.exit.Store(int32(code))
			r.monitor.NotLeading()
			runtime.Goexit() // a process that ends does nothing more
		},
	})
	r.server = resp.NewServer(resp.Options{Log: log, PollAfter: 1}, command.New(command.Options{
		Store: r.store, MyID: r.id, Addr: host, Port: sentinelPort, Writer: r.monitor, Log: log, DebugCommands: k.debugs,
		Failover: func(ctx context.Context, master string) error { return r.monitor.Failover(ctx, master, "a test") },
	}))
	listener, err := net.Listen("tcp", r.addr.String())
	if err != nil {
		t.Fatal(err)
	}
	go func() { r.served <- r.server.Serve(listener) }()
	t.Cleanup(r.stop)
	k.join(r)
	return r
}

// stop ends it; it may be called twice.
func (r *replica) stop() {
	r.kube.leave(r)
	r.server.Close()
	r.monitor.Close()
}

// declare makes a set of Redis known, and its first the master that it is.
func (k *kube) declare(t *testing.T, name string, quorum int, servers ...*redis.Server) {
	t.Helper()
	config := sentinel.Defaults()
	config.DownAfter, config.Quorum = 5*time.Second, quorum
	var pods []sentinel.Pod
	for i, s := range servers {
		pods = append(pods, podOf(s, i))
	}
	first := servers[0].Client()
	defer func() { _ = first.Close() }()
	info, err := first.InfoMap(t.Context(), "server", "replication").Result()
	if err != nil {
		t.Fatal(err)
	}
	k.mu.Lock()
	k.records[name] = sentinel.Record{
		Seq: 1, Stored: sentinel.Stored{Version: "1"}, Phase: sentinel.Stable, Since: time.Now(),
		Master:  sentinel.Process{Pod: pods[0].Name, UID: pods[0].UID, Addr: pods[0].Addr, RunID: info["Server"]["run_id"]},
		Lineage: sentinel.Lineage{ReplID: info["Replication"]["master_replid"]},
	}
	k.mu.Unlock()
	k.change(name, func(set *sentinel.Set) { set.Config, set.Pods = config, pods })
}

func podOf(s *redis.Server, ordinal int) sentinel.Pod {
	return sentinel.Pod{
		Name: fmt.Sprintf("redis-%d", ordinal), UID: "uid-" + s.Host, Ordinal: ordinal, Ready: true,
		Addr: sentinel.Addr{Host: s.Host, Port: s.Port},
	}
}

// startSet starts a master and its replicas and waits until all follow.
func startSet(t *testing.T, hosts ...string) []*redis.Server {
	t.Helper()
	var servers []*redis.Server
	for i, host := range hosts {
		args := []string{"--replica-announce-ip", host, "--enable-protected-configs", "yes"}
		if i > 0 {
			args = append(args, "--replicaof", hosts[0]+" "+strconv.Itoa(redisPort))
		}
		servers = append(servers, redis.Start(t, host, redisPort, args...))
	}
	untilFollowed(t, hosts[0], strconv.Itoa(len(hosts)-1))
	return servers
}

// startWired runs the service over sockets, on a real Redis for every address that
// the transcripts have for it. It has no server for at=down, at=unsaved and those
// that are about users: nothing about them is wired otherwise.
func startWired(t *testing.T) servers {
	t.Helper()
	one := func(host, letter string, quorum int, lonely string, hosts ...string) *kube {
		k := newKube()
		k.declare(t, "mymaster", quorum, startSet(t, hosts...)...)
		if lonely != "" {
			k.declare(t, "lonely", 1, startSet(t, lonely)...)
		}
		startReplica(t, k, host, letter).monitor.Leading(1)
		return k
	}
	watched := one(sentinelHost, "a", 2, "", masterHost, replicaHost1, replicaHost2)
	startReplica(t, watched, peerHost, "b")
	one(changeHost, "e", 2, changeLonely, changeMaster, changeReplica1, changeReplica2)
	one(failHost, "f", 1, failLonely, failMaster, failReplica)
	untilListed(t, changeHost, "2")
	untilListed(t, failHost, "1")
	untilKnown(t)
	at := func(host string) dialer { return tcp(addr(host, sentinelPort)) }
	return servers{"": at(sentinelHost), "change": at(changeHost), "fail": at(failHost)}
}

// ask is one answer of a Sentinel as text.
func ask(t *testing.T, addr string, args ...any) string {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: addr, MaxRetries: -1, Protocol: 2, DisableIdentity: true})
	defer func() { _ = client.Close() }()
	have, err := client.Do(t.Context(), args...).Result()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(have)
}
