package ipv6

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/single"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
)

const (
	network = "fd00:19"
	hosts   = 5
	// oursAt and theirsAt are where the service and a real redis-sentinel listen.
	oursAt, theirsAt = "[fd00:19::4]:26379", "[fd00:19::5]:26379"
)

// TestIPv6: a set of IPv6 addresses starts, is told to clients as a real redis-sentinel tells
// it, and fails over.
func TestIPv6(t *testing.T) {
	s := single.Start(t, redis.Program{Path: redis.Binary(t, "redis-server")}, network, 3)
	s.Fenced() // so the master's slave0:ip= is understood
	serve(t, s)
	ended := startReal(t, s.Master().Addr())
	for _, ask := range [][]any{
		{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", single.Name},
		{"SENTINEL", "MASTER", single.Name},
		{"SENTINEL", "REPLICAS", single.Name},
		{"INFO", "sentinel"},
		{"ROLE"},
	} {
		ours, theirs := spelled(t, oursAt, ask), spelled(t, theirsAt, ask)
		if !slices.Equal(ours, theirs) {
			t.Errorf("%v names %q, a real redis-sentinel %q", ask, ours, theirs)
		}
		if ask[0] != "ROLE" && len(ours) == 0 {
			t.Errorf("%v names nobody", ask)
		}
	}
	ended()

	old := s.Master()
	old.Kill()
	event := s.Await("+switch-master")
	if want := single.Name + " " + old.Host + " 6379 " + s.Master().Host + " 6379"; event.Payload != want {
		t.Errorf("+switch-master %q, want %q", event.Payload, want)
	}
	if slave, want := s.Await("+slave").Payload, "slave [fd00:19::"; !strings.HasPrefix(slave, want) {
		t.Errorf("+slave %q, want %q first", slave, want)
	}
	client := s.Master().Client()
	defer client.Close()
	redis.Eventually(t, 20*time.Second, "the next master takes writes", func() bool {
		return client.Set(t.Context(), "k", "v", 0).Err() == nil
	})
}

// serve answers clients from what the monitor knows.
func serve(t *testing.T, s *single.Set) {
	t.Helper()
	listener, err := net.Listen("tcp", oursAt)
	if err != nil {
		t.Fatal(err)
	}
	server := resp.NewServer(resp.Options{}, command.New(command.Options{Store: s.Store(), MyID: strings.Repeat("a", 40), Addr: network + "::4", Port: 26379}))
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// startReal starts a redis-sentinel that never fails over, and waits until it has read both
// replicas: before that it names no master of theirs.
func startReal(t *testing.T, master string) (end func()) {
	t.Helper()
	host, port, err := net.SplitHostPort(master)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "sentinel.conf")
	config := fmt.Sprintf("port 26379\nbind %s::5\nprotected-mode no\nsentinel monitor %s %s %s 9\n", network, single.Name, host, port)
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), redis.Binary(t, "redis-sentinel"), path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end = func() {
		if !ended {
			ended = true
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(end)
	client := goredis.NewSentinelClient(&goredis.Options{Addr: theirsAt, DisableIdentity: true, MaxRetries: -1})
	defer client.Close()
	redis.Eventually(t, 30*time.Second, "the real one has heard two replicas name their master", func() bool {
		replicas, err := client.Replicas(t.Context(), single.Name).Result()
		return err == nil && len(replicas) == 2 && !slices.ContainsFunc(replicas, func(r map[string]string) bool {
			return r["master-link-status"] != "ok"
		})
	})
	return end
}

// hex is what may be an IPv6 address, with what stands around it.
var hex = regexp.MustCompile(`\[?[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?(:\d+)?`)

// spelled are the addresses that an answer names, in order of their text, once each. Each has
// to be spelled as netip does.
func spelled(t *testing.T, at string, ask []any) []string {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{Addr: at, DisableIdentity: true, MaxRetries: -1, Protocol: 2})
	defer client.Close()
	said, err := client.Do(t.Context(), ask...).Result()
	if err != nil {
		t.Fatalf("%v at %s: %v", ask, at, err)
	}
	var found []string
	scanner := bufio.NewScanner(strings.NewReader(fmt.Sprintf("%q", flatten(said))))
	for scanner.Scan() {
		for _, text := range hex.FindAllString(scanner.Text(), -1) {
			found = append(found, text)
			host := text
			if h, _, err := net.SplitHostPort(text); err == nil && strings.HasPrefix(text, "[") {
				host = h
			}
			if ip, err := netip.ParseAddr(strings.TrimSuffix(host, ":6379")); err != nil || !strings.Contains(text, ip.String()) {
				t.Errorf("%v at %s has %q, which is not spelled as an address is (%v)", ask, at, text, err)
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// flatten lists all texts of a reply.
func flatten(reply any) (list []string) {
	switch r := reply.(type) {
	case []any:
		for _, item := range r {
			list = append(list, flatten(item)...)
		}
	default:
		list = append(list, fmt.Sprint(r))
	}
	return list
}
