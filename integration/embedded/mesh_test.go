package embedded_test

import (
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// Where each Redis listens, and where all that comes from one of the proxies comes from.
const (
	behindProxy = "16379"
	inbound     = "127.0.0.6"
)

// sidecar stands in front of a Redis as the proxy of a mesh does: it accepts first and
// connects then, from an address of its own, and hangs up where nobody answers.
type sidecar struct {
	listener net.Listener
	behind   string
	running  sync.WaitGroup

	mu      sync.Mutex
	rejects string // the host whose connections are hung up on
	open    map[net.Conn]bool
}

func startSidecar(t *testing.T, host, port string) *sidecar {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(host, port))
	if err != nil {
		t.Fatal(err)
	}
	s := &sidecar{listener: listener, behind: net.JoinHostPort(host, behindProxy), open: map[net.Conn]bool{}}
	s.running.Go(s.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		s.hangUp(func(net.Conn) bool { return true })
		s.running.Wait()
	})
	return s
}

func (s *sidecar) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.running.Go(func() {
			defer conn.Close()
			if s.keep(conn) {
				s.forward(conn)
			}
		})
	}
}

// keep tells whether the connection is not to be hung up on.
func (s *sidecar) keep(conn net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rejects != "" && comesFrom(conn, s.rejects) {
		return false
	}
	s.open[conn] = true
	return true
}

func (s *sidecar) forward(conn net.Conn) {
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, conn)
	}()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(inbound)}, Timeout: 5 * time.Second}
	server, err := dialer.Dial("tcp", s.behind)
	if err != nil {
		return
	}
	defer server.Close()
	var one sync.WaitGroup
	one.Go(func() {
		_, _ = io.Copy(server, conn)
		_ = server.Close()
	})
	_, _ = io.Copy(conn, server)
	_ = conn.Close()
	one.Wait()
}

// reject hangs up on what comes from there, now and later; "" for nobody.
func (s *sidecar) reject(host string) {
	s.mu.Lock()
	s.rejects = host
	s.mu.Unlock()
	s.hangUp(func(conn net.Conn) bool { return host != "" && comesFrom(conn, host) })
}

func (s *sidecar) hangUp(on func(net.Conn) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for conn := range s.open {
		if on(conn) {
			_ = conn.Close()
		}
	}
}

func comesFrom(conn net.Conn, host string) bool {
	return strings.HasPrefix(conn.RemoteAddr().String(), host+":")
}

// mesh is a set of three whose members and whose service reach each other through the
// sidecars alone.
type mesh struct {
	*testing.T
	cluster  *embedded.Cluster
	sidecars map[string]*sidecar // by address
	sentinel *goredis.SentinelClient
}

func startMesh(t *testing.T) *mesh {
	t.Helper()
	subnet, release, err := node.LockSubnet()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	m := &mesh{T: t, sidecars: map[string]*sidecar{}}
	m.cluster = startProcesses(t, embedded.Options{
		Subnet: subnet, Masters: []string{"a"}, Replicas: 2, SentinelPorts: []int{27081}, RedisPort: 6379, ServiceBinary: buildService(t),
		RedisArgs: []string{"--port", behindProxy, "--replica-announce-port", "6379"},
	})
	for _, pod := range must(m.cluster.Pods(t.Context(), "a"))(t) {
		host, port, err := net.SplitHostPort(pod.Address)
		if err != nil {
			t.Fatal(err)
		}
		m.sidecars[pod.Address] = startSidecar(t, host, port)
	}
	m.sentinel = sentinelClient(t, sentinelAddr(27081))
	return m
}

// master is the address that is named now, "" while none is.
func (m *mesh) master() string {
	found, err := m.sentinel.GetMasterAddrByName(m.Context(), "a").Result()
	if err != nil {
		return ""
	}
	return net.JoinHostPort(found[0], found[1])
}

// another waits for another master, whose two replicas follow it.
func (m *mesh) another(than string, replicas int) string {
	m.Helper()
	redis.Eventually(m, 40*time.Second, "another master than "+than, func() bool { now := m.master(); return now != "" && now != than })
	now := m.master()
	m.listed(now, replicas)
	return now
}

// listed waits until a master lists so many replicas, all of them with the proxies' address.
func (m *mesh) listed(master string, replicas int) {
	m.Helper()
	redis.Eventually(m, 30*time.Second, fmt.Sprint(master, " lists ", replicas), func() bool {
		text, err := m.client(master).Info(m.Context(), "replication").Result()
		return err == nil && strings.Count(text, ":ip="+inbound+",port=6379,state=online") == replicas &&
			strings.Contains(text, fmt.Sprintf("connected_slaves:%d\r", replicas))
	})
}

func (m *mesh) client(addr string) *goredis.Client {
	client := goredis.NewClient(&goredis.Options{Addr: addr, DisableIdentity: true, MaxRetries: -1})
	m.Cleanup(func() { _ = client.Close() })
	return client
}

// why is what SENTINEL WHY says, as one text.
func (m *mesh) why() string {
	client := goredis.NewClient(&goredis.Options{Addr: sentinelAddr(27081), DisableIdentity: true, MaxRetries: -1, Protocol: 2})
	defer client.Close()
	said, err := client.Do(m.Context(), "SENTINEL", "WHY", "a").Result()
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint(said)
}

func (m *mesh) podOf(addr string) string {
	m.Helper()
	for _, pod := range must(m.cluster.Pods(m.Context(), "a"))(m.T) {
		if pod.Address == addr {
			return pod.Name
		}
	}
	m.Fatalf("no pod has the address %s", addr)
	return ""
}

// signal sends one to the Redis at an address.
func (m *mesh) signal(addr string, signal syscall.Signal) {
	m.Helper()
	if err := m.cluster.Agent().Signal(embedded.Namespace, m.podOf(addr), "redis", signal); err != nil {
		m.Fatal(err)
	}
}

// TestMesh: with a proxy in front of each Redis that accepts before it connects, and by whose
// address all replicas are listed.
func TestMesh(t *testing.T) {
	m := startMesh(t)
	redis.Eventually(t, 40*time.Second, "a master", func() bool { return m.master() != "" })
	first := m.master()
	m.listed(first, 2)

	// The sidecar hangs up on the service alone: the replicas know better.
	link, err := m.client(first).Info(t.Context(), "stats").Result()
	if err != nil {
		t.Fatal(err)
	}
	m.sidecars[first].reject("127.0.0.1")
	redis.Eventually(t, 20*time.Second, "it is told that a replica hears of the master", func() bool {
		return strings.Contains(m.why(), "refuses the connections of this service")
	})
	if now := m.master(); now != first {
		t.Fatalf("%s is given up for %s, and its replicas hear of it", first, now)
	}
	m.sidecars[first].reject("")
	redis.Eventually(t, 20*time.Second, "the master is heard of again", func() bool {
		return !strings.Contains(m.why(), "refuses the connections of this service")
	})
	if after := m.client(first).Info(t.Context(), "stats").Val(); syncs(after) != syncs(link) {
		t.Errorf("its replicas came anew: %q, before %q", syncs(after), syncs(link))
	}

	// Its process ends, and is not started again for a while: the sidecar hangs up on all.
	release, err := m.cluster.Agent().Hold(embedded.Namespace, m.podOf(first), "redis")
	if err != nil {
		t.Fatal(err)
	}
	m.signal(first, syscall.SIGKILL)
	second := m.another(first, 1)
	if why := m.why(); !strings.Contains(why, "the master's process is gone") {
		t.Errorf("why the next one is master: %s", why)
	}
	release()
	m.listed(second, 2)

	redis.Eventually(t, 20*time.Second, "it stops by itself once it has no replica", func() bool {
		fence := m.client(second).ConfigGet(t.Context(), "min-replicas-to-write").Val()
		return fence["min-replicas-to-write"] != "" && fence["min-replicas-to-write"] != "0"
	})

	// It is frozen: none of those that it lists has a pod's address.
	m.signal(second, syscall.SIGSTOP)
	third := m.another(second, 1)
	m.signal(second, syscall.SIGCONT)
	m.listed(third, 2)
	redis.Eventually(t, 20*time.Second, "the third master takes writes", func() bool {
		return m.client(third).Set(t.Context(), "k", "v", 0).Err() == nil
	})
}

// syncs are the lines of INFO that count how often replicas came.
func syncs(info string) string {
	var lines []string
	for line := range strings.Lines(info) {
		if strings.HasPrefix(line, "sync_") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, " ")
}
