package conformance

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// The addresses of the real parts. The snapshot of the service names the same.
const (
	masterHost   = "127.0.9.1"
	replicaHost1 = "127.0.9.2"
	replicaHost2 = "127.0.9.3"
	sentinelHost = "127.0.9.11"
	peerHost     = "127.0.9.12"
	authHost     = "127.0.9.13"
	aclHost      = "127.0.9.14"
	redisPort    = 6379
	sentinelPort = 26379
	password     = "secret"
)

// needReal skips without redis-sentinel, but never in CI.
func needReal(t *testing.T) {
	t.Helper()
	for _, binary := range []string{"redis-server", "redis-sentinel"} {
		if _, err := exec.LookPath(binary); err == nil {
			continue
		}
		if os.Getenv("CI") == "true" {
			t.Fatalf("%s is missing: conformance cannot be checked", binary)
		}
		t.Skipf("%s is missing: install it to check conformance", binary)
	}
}

// startReal starts a master, two replicas, two Sentinels that watch them, and one
// with a password; it returns when everything is known to everybody.
func startReal(t *testing.T) servers {
	t.Helper()
	startRedis(t, masterHost)
	startRedis(t, replicaHost1, "--replicaof", masterHost, strconv.Itoa(redisPort))
	startRedis(t, replicaHost2, "--replicaof", masterHost, strconv.Itoa(redisPort))
	master := redis.NewClient(&redis.Options{Addr: addr(masterHost, redisPort)})
	defer func() { _ = master.Close() }()
	until(t, "replicas online", func(ctx context.Context) bool {
		info, err := master.Info(ctx, "replication").Result()
		return err == nil && strings.Count(info, "state=online") == 2
	})
	monitor := fmt.Sprintf("sentinel monitor mymaster %s %d 2\nsentinel down-after-milliseconds mymaster 5000\n", masterHost, redisPort)
	startSentinel(t, sentinelHost, monitor)
	startSentinel(t, peerHost, monitor)
	startSentinel(t, authHost, "requirepass "+password+"\n")
	startSentinel(t, aclHost, "aclfile "+aclFile(t)+"\n")
	changeable := startChangeable(t)
	startDown(t)
	startUnsaved(t)
	untilKnown(t)
	changeable()
	untilDown(t)
	at := func(host string) dialer { return tcp(addr(host, sentinelPort)) }
	return servers{
		"": at(sentinelHost), "auth": at(authHost), "acl": at(aclHost),
		"change": at(changeHost), "fail": at(failHost), "down": at(downHost), "unsaved": at(unsavedHost),
	}
}

// aclFile is what testdata/wire/acl.txt says that it is.
func aclFile(t *testing.T) string {
	t.Helper()
	const users = `user default on >secret ~* &* +@all
user app on >apppass resetchannels &+switch-master +@connection +@pubsub +sentinel|masters
`
	path := filepath.Join(t.TempDir(), "users.acl")
	if err := os.WriteFile(path, []byte(users), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// untilKnown waits for the first INFO of everything and the first hello.
func untilKnown(t *testing.T) {
	t.Helper()
	sentinel := redis.NewSentinelClient(&redis.Options{Addr: addr(sentinelHost, sentinelPort)})
	defer func() { _ = sentinel.Close() }()
	until(t, "sentinels and replicas known", func(ctx context.Context) bool {
		m, err := sentinel.Master(ctx, "mymaster").Result()
		if err != nil || m["num-slaves"] != "2" || m["num-other-sentinels"] != "1" || m["flags"] != "master" || m["runid"] == "" {
			return false
		}
		replicas, err := sentinel.Replicas(ctx, "mymaster").Result()
		ready := 0
		for _, r := range replicas {
			if r["flags"] == "slave" && r["master-link-status"] == "ok" {
				ready++
			}
		}
		peers, _ := sentinel.Sentinels(ctx, "mymaster").Result()
		return err == nil && ready == 2 && len(peers) == 1 && peers[0]["flags"] == "sentinel"
	})
}

func startRedis(t *testing.T, host string, args ...string) {
	t.Helper()
	args = append([]string{
		"--bind", host, "--port", strconv.Itoa(redisPort), "--save", "", "--appendonly", "no",
		"--replica-announce-ip", host, "--repl-diskless-sync-delay", "0",
	}, args...)
	start(t, t.TempDir(), addr(host, redisPort), "redis-server", args...)
}

func startSentinel(t *testing.T, host, config string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	path := filepath.Join(dir, "sentinel.conf")
	config = fmt.Sprintf("bind %s\nport %d\nsentinel announce-ip %s\n", host, sentinelPort, host) + config
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, dir, addr(host, sentinelPort), "redis-sentinel", path)
	return dir
}

// start runs a server until the test ends and waits until it listens.
func start(t *testing.T, dir, address, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	until(t, name+" listens on "+address, func(context.Context) bool {
		select {
		case <-ended: // else a stranger's server would be taken for ours
			t.Fatalf("%s ended at once: is %s in use?", name, address)
		default:
		}
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

// until polls a condition of another process; there is nothing to be notified by.
func until(t *testing.T, what string, holds func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not in time", what)
		}
	}
}

func addr(host string, port int) string { return fmt.Sprintf("%s:%d", host, port) }
