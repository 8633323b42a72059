package node_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestCutLate: who comes after the cut and reads stays; when somebody was refused a write, all
// are cut, once.
func TestCutLate(t *testing.T) {
	s := redis.Start(t, "127.0.43.33", 6379)
	ours := dial(t, s)
	if _, err := ours.Follow(t.Context(), sentinel.Nowhere, true); err != nil {
		t.Fatal(err)
	}
	cutLate := func() {
		t.Helper()
		if got, err := ours.CutLate(t.Context()); err != nil || got.Role != sentinel.RoleReplica {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	reader := telnet(t, s)
	reader.says("PING", "+PONG")
	reader.says("NONSENSE", "-ERR") // as a probe may be answered while it loads
	cutLate()
	reader.says("PING", "+PONG")

	writer := telnet(t, s)
	writer.says("SET k v", "-READONLY")
	cutLate()
	writer.isCut()
	reader.isCut()

	reader = telnet(t, s)
	reader.says("PING", "+PONG")
	cutLate()
	reader.says("PING", "+PONG")
}

// TestCutLateOnAnotherConnection: what was counted at the cut is not known there.
func TestCutLateOnAnotherConnection(t *testing.T) {
	s := redis.Start(t, "127.0.43.34", 6379, redis.Fence...)
	client := telnet(t, s)
	client.says("PING", "+PONG")
	if _, err := dial(t, s).CutLate(t.Context()); err != nil {
		t.Fatal(err)
	}
	client.isCut()
}

// TestCutLateSparesAMaster: it became one after this was ordered.
func TestCutLateSparesAMaster(t *testing.T) {
	s := redis.Start(t, "127.0.43.35", 6379)
	client := telnet(t, s)
	client.says("GET", "-ERR")
	if got, err := dial(t, s).CutLate(t.Context()); err != nil || got.Role != sentinel.RoleMaster {
		t.Fatalf("%+v, %v", got, err)
	}
	client.says("PING", "+PONG")
}

// typed is a client that types commands into its connection.
type typed struct {
	t       *testing.T
	conn    net.Conn
	replies *bufio.Reader
}

func telnet(t *testing.T, s *redis.Server) typed {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort(s.Host, "6379"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	return typed{t, conn, bufio.NewReader(conn)}
}

func (c typed) says(command, reply string) {
	c.t.Helper()
	_, _ = fmt.Fprintf(c.conn, "%s\r\n", command)
	if line, err := c.replies.ReadString('\n'); err != nil || !strings.HasPrefix(line, reply) {
		c.t.Fatalf("%s: %q, %v, want %s", command, line, err, reply)
	}
}

func (c typed) isCut() {
	c.t.Helper()
	if line, err := c.replies.ReadString('\n'); err == nil || line != "" || strings.Contains(err.Error(), "timeout") {
		c.t.Fatalf("%q, %v, want the end of the connection", line, err)
	}
}
