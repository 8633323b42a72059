package hostile_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/hostile"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

const (
	patience  = 2 * time.Minute
	questions = 5                     // during each attack, at least
	lasts     = time.Second           // each attack, at least
	pace      = 10 * time.Millisecond // between questions, each on a new connection: ports are few
	address   = "*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n"
)

// TestClientAttacks: beside each of them new clients are answered, subscribers hear what is
// published, and no more is kept for clients than may be.
func TestClientAttacks(t *testing.T) {
	for name, attack := range hostile.ClientAttacks {
		t.Run(name, func(t *testing.T) {
			server, addr := serve(t)
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- attack(ctx, addr, "mymaster") }()
			most, begun := 0, time.Now()
			for i := 0; i < questions || time.Since(begun) < lasts; i++ {
				ask(t, addr)
				listen(t, server, addr)
				most = max(most, server.Stats().ClientMemory)
				time.Sleep(pace)
			}
			stop()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			stats := server.Stats()
			if limit := server.Options().MaxClientMemory; most > limit {
				t.Errorf("%d bytes were kept for clients, %d may be", most, limit)
			}
			if stats.Panics > 0 {
				t.Errorf("%d panics", stats.Panics)
			}
			t.Logf("%d commands, %d kB kept at most, %d evicted, %d dropped, %d displaced, %d refused",
				stats.Commands, most>>10, stats.Evicted, stats.DroppedSubscribers, stats.Displaced, stats.ProtocolErrors)
		})
	}
}

// serve is the service's port with one master and nothing behind it.
func serve(t *testing.T) (*resp.Server, string) {
	t.Helper()
	views := store.New()
	views.CommitMaster(&sentinel.View{
		Name: "mymaster", Config: sentinel.Defaults(), Epoch: 1,
		Master: sentinel.InstanceView{Addr: sentinel.Addr{Host: "127.0.0.1", Port: 6379}},
	})
	commands := command.New(command.Options{Store: views, MyID: strings.Repeat("a", 40), Writer: slow{}})
	server := resp.NewServer(resp.Options{MaxClients: 500, CloseTimeout: time.Millisecond}, commands)
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
	return server, listener.Addr().String()
}

// slow writes as an API server does that has much to do.
type slow struct{ command.Writer }

func (slow) wait(ctx context.Context) error {
	select {
	case <-time.After(50 * time.Millisecond):
	case <-ctx.Done():
	}
	return ctx.Err()
}

func (s slow) Set(ctx context.Context, _ string, _ []sentinel.Setting) error { return s.wait(ctx) }

func (s slow) Configure(ctx context.Context, _ []sentinel.Setting) error { return s.wait(ctx) }

func (s slow) Reset(ctx context.Context, _ func(string) bool) (int, error) { return 1, s.wait(ctx) }

// dial opens a connection; one that has to wait for a place tries again, as clients do.
func dial(t *testing.T, addr, words, want string) net.Conn {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.SetDeadline(deadline)
		_, _ = io.WriteString(conn, words)
		answer := make([]byte, len(want))
		_, err = io.ReadFull(conn, answer)
		if err == nil && string(answer) == want {
			return conn
		}
		_ = conn.Close()
		if time.Now().After(deadline) {
			t.Fatalf("%q: %q, %v", words, answer, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func ask(t *testing.T, addr string) {
	t.Helper()
	_ = dial(t, addr, "SENTINEL GET-MASTER-ADDR-BY-NAME mymaster\r\n", address).Close()
}

// listen subscribes and waits for a message.
func listen(t *testing.T, server *resp.Server, addr string) {
	t.Helper()
	conn := dial(t, addr, "SUBSCRIBE +switch-master\r\n", "*3\r\n$9\r\nsubscribe\r\n$14\r\n+switch-master\r\n:1\r\n")
	defer func() { _ = conn.Close() }()
	server.Hub().Publish("+switch-master", "news")
	lines := bufio.NewReader(conn)
	for _, want := range []string{"*3", "$7", "message", "$14", "+switch-master", "$4", "news"} {
		line, err := lines.ReadString('\n')
		if err != nil || line != fmt.Sprintf("%s\r\n", want) {
			t.Fatalf("%q, %v; want %q", line, err, want)
		}
	}
}
