package embedded_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// TestLateClientIsCut: a client was cut for a switch, asked a replica of the service that
// had not heard of it yet, and is at the former master again. It goes on there, whatever it
// is refused, as Perl's Redis, Jedis and others do. It is cut once more, and asks again.
func TestLateClientIsCut(t *testing.T) {
	subnet, release, err := node.LockSubnet()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	startProcesses(t, embedded.Options{
		Subnet: subnet, Masters: []string{"a"}, Replicas: 1, SentinelPorts: []int{27091}, RedisPort: 6379, ServiceBinary: buildService(t),
	})
	sentinel := sentinelClient(t, sentinelAddr(27091))
	var old string
	redis.Eventually(t, 40*time.Second, "a master that takes writes", func() bool {
		found, err := sentinel.GetMasterAddrByName(t.Context(), "a").Result()
		if err == nil {
			old = net.JoinHostPort(found[0], found[1])
		}
		return err == nil && set(t, old) == "+OK"
	})
	early := connect(t, old)
	redis.Eventually(t, 40*time.Second, "a switch", func() bool { return sentinel.Failover(t.Context(), "a").Err() == nil })
	if err := early.ended(); err != nil {
		t.Fatalf("a client from before the switch: %v", err)
	}
	late := connect(t, old)
	if reply := late.set(); !strings.HasPrefix(reply, "-READONLY") {
		t.Fatalf("%s: %q", old, reply)
	}
	if err := late.ended(); err != nil {
		t.Errorf("a client that came to the former master after the cut: %v", err)
	}
}

// plain is a client that does not leave by itself.
type plain struct {
	net.Conn
	replies *bufio.Reader
}

func connect(t *testing.T, addr string) plain {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return plain{conn, bufio.NewReader(conn)}
}

func (p plain) set() string {
	_ = p.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = fmt.Fprint(p, "SET k v\r\n")
	line, _ := p.replies.ReadString('\n')
	return strings.TrimSpace(line)
}

// ended waits for the end of the connection, from the other side.
func (p plain) ended() error {
	_ = p.SetDeadline(time.Now().Add(15 * time.Second))
	line, err := p.replies.ReadString('\n')
	switch {
	case err == nil:
		return fmt.Errorf("%q, want the end of the connection", line)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("not cut: %w", err)
	}
	return nil
}

// set is what a client that comes for this alone is answered.
func set(t *testing.T, addr string) string {
	t.Helper()
	p := connect(t, addr)
	defer p.Close()
	return p.set()
}
