package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// TestConsumers lets programs that know nothing of this service use it: redis-cli,
// the Redis exporter of Prometheus, HAProxy and redis-py, all as Debian has them.
func TestConsumers(t *testing.T) {
	needReal(t)
	s := serviceStage(t)
	t.Run("redis-cli", func(t *testing.T) { redisCLI(t, s) })
	t.Run("redis-cli subscribes", func(t *testing.T) { redisCLISubscribes(t, s) })
	t.Run("prometheus-redis-exporter", func(t *testing.T) { exporter(t, s) })
	t.Run("haproxy", func(t *testing.T) { haproxy(t, s) })
	t.Run("redis-py", func(t *testing.T) { redisPy(t, s) })
}

// program is a path, or skips the test; never in CI.
func program(t *testing.T, name string) string {
	t.Helper()
	if path := "/usr/sbin/" + name; executable(path) {
		return path
	}
	return redis.Binary(t, name)
}

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode()&0o111 != 0
}

// output runs a program to its end.
func output(t *testing.T, stdin, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

// background runs a program until the test ends; what it says is logged then.
func background(t *testing.T, name string, args ...string) *bytes.Buffer {
	t.Helper()
	cmd := exec.Command(name, args...)
	said := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", name, said)
		}
	})
	return said
}

func wants(t *testing.T, have string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(have, part) {
			t.Errorf("no %q in:\n%s", part, have)
		}
	}
}

// redisCLI asks for answers, for help (which comes from COMMAND DOCS) and for errors,
// in RESP2 and RESP3.
func redisCLI(t *testing.T, s *stage) {
	cli := program(t, "redis-cli")
	to := []string{"-h", storySentinels[0], "-p", fmt.Sprint(sentinelPort)}
	for _, version := range []string{"-2", "-3"} {
		have := output(t, "", cli, append(to, version, "sentinel", "get-master-addr-by-name", "mymaster")...)
		wants(t, have, s.master().Host, "6379")
		have = output(t, "", cli, append(to, version, "--no-raw", "sentinel", "masters")...)
		wants(t, have, `"name"`, `"mymaster"`, `"num-other-sentinels"`)
		have = output(t, "", cli, append(to, version, "--no-raw", "sentinel", "master", "nope")...)
		wants(t, have, "(error) ERR No such master with that name")
		have = output(t, "", cli, append(to, version, "info")...)
		wants(t, have, "redis_mode:sentinel", "master0:name=mymaster,status=ok,")
		have = output(t, "", cli, append(to, version, "client", "list")...)
		wants(t, have, "cmd=client|list")
	}
	have := output(t, "help SENTINEL MASTER\nhelp @sentinel\nping\n", cli, to...)
	wants(t, have, "summary:", "SENTINEL FAILOVER", "PONG")
	wants(t, output(t, "", cli, append(to, "sentinel", "help")...), "SENTINEL <subcommand>", "CKQUORUM", "FLUSHCONFIG")
	wants(t, output(t, "", cli, append(to, "ping")...), "PONG")
}

// redisCLISubscribes hears a failover as a person would watch it.
func redisCLISubscribes(t *testing.T, s *stage) {
	cli := program(t, "redis-cli")
	path := filepath.Join(t.TempDir(), "heard")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(cli, "-h", storySentinels[1], "-p", fmt.Sprint(sentinelPort), "psubscribe", "*")
	cmd.Stdout, cmd.Stderr = file, file
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = file.Close()
	})
	heard := func(part string) {
		until(t, "redis-cli prints "+part, func(context.Context) bool {
			text, err := os.ReadFile(path)
			return err == nil && strings.Contains(string(text), part)
		})
	}
	heard("psubscribe")
	old := s.master().Host
	s.failover(2)
	heard("+switch-master\nmymaster " + old + " 6379 ")
}

// exporter scrapes the service as Prometheus would.
func exporter(t *testing.T, s *stage) {
	const listen = "127.0.9.68:9121"
	background(t, program(t, "prometheus-redis-exporter"), "-redis.addr", "redis://"+s.at(0), "-web.listen-address", listen)
	var text string
	until(t, "the exporter's metrics", func(ctx context.Context) bool {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+listen+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			return false
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		text = string(body)
		return err == nil && strings.Contains(text, "redis_up 1")
	})
	name := `{master_address="` + s.master().Addr() + `",master_name="mymaster"}`
	wants(t, text, "redis_sentinel_masters 1", "redis_sentinel_master_slaves"+name+" 2", "redis_sentinel_master_sentinels"+name+" 3",
		"redis_sentinel_master_ok_slaves"+name+" 2", "redis_sentinel_master_ok_sentinels"+name+" 3",
		`redis_sentinel_master_status{master_address="`+s.master().Addr()+`",master_name="mymaster",master_status="ok"} 1`,
		"redis_sentinel_tilt 0", "redis_exporter_last_scrape_error{err=\"\"} 0")
}

// haproxy finds the master with the tcp-check that every tutorial shows, and follows
// it through a failover.
func haproxy(t *testing.T, s *stage) {
	const front = "127.0.9.68:6380"
	var config strings.Builder
	config.WriteString("global\n  maxconn 100\ndefaults\n  mode tcp\n  timeout connect 1s\n  timeout client 10s\n  timeout server 10s\n  timeout check 1s\n")
	fmt.Fprintf(&config, "frontend redis\n  bind %s\n", front)
	for n := range storySentinels {
		fmt.Fprintf(&config, "  use_backend b%d if { nbsrv(b%d) ge 1 }\n", n, n)
	}
	for n, host := range []string{storyMaster, storyReplica1, storyReplica2} {
		fmt.Fprintf(&config, `backend b%d
  option tcp-check
  tcp-check connect
  tcp-check send PING\r\n
  tcp-check expect string +PONG
  tcp-check send SENTINEL\ get-master-addr-by-name\ mymaster\r\n
  tcp-check expect string %s
  tcp-check send QUIT\r\n
  tcp-check expect string +OK
  server redis %s:%d check inter 50ms fall 1 rise 1 addr %s port %d on-marked-down shutdown-sessions
`, n, host, host, redisPort, storySentinels[n], sentinelPort)
	}
	path := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(path, []byte(config.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	background(t, program(t, "haproxy"), "-db", "-f", path)
	for range 2 {
		until(t, "HAProxy leads to the master", func(context.Context) bool {
			return strings.HasPrefix(ask(t, front, "ROLE"), "[master ") &&
				strings.Contains(ask(t, front, "CONFIG", "GET", "bind"), s.master().Host)
		})
		s.failover(1)
	}
}

// redisPy discovers, writes, reads from replicas and goes on after a failover.
func redisPy(t *testing.T, s *stage) {
	const python = "/usr/bin/python3"
	if err := exec.Command(python, "-c", "import redis").Run(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("python3-redis is missing")
		}
		t.Skip("python3-redis is missing")
	}
	s.settle(s.healthy()...)
	have := output(t, "", python, "testdata/consumer.py", storySentinels[0], storySentinels[1], storySentinels[2])
	wants(t, have, "master", "replicas 2", "written before", "written after", "pubsub +switch-master", "done")
}
