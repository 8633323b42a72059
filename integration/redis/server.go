package redis

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

// Server is one redis-server (or redis-sentinel) process.
type Server struct {
	Host string
	Port int

	binary string
	args   []string
	dir    string
	cmd    *exec.Cmd
}

// Fence is the boot argument that makes a Redis follow nobody.
var Fence = []string{"--replicaof", "127.0.0.1", "1"}

// Binary finds a program, or skips the test with a line that says what to install.
// Under CI=true a missing program is a failure: nothing is skipped unseen there.
func Binary(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is missing: apt-get install redis-server redis-sentinel", name)
	}
	t.Skipf("%s is missing: apt-get install redis-server redis-sentinel", name)
	return ""
}

// Program is a redis-server or valkey-server to run.
type Program struct {
	Path string
	// Old says that it is older than 7.0: it cannot choose the address that it
	// connects from, and so has to say which one is its own.
	Old bool
}

// Start runs an empty, unpersisted redis-server at host:port and waits for it.
func Start(t testing.TB, host string, port int, args ...string) *Server {
	t.Helper()
	return Program{Path: Binary(t, "redis-server")}.Start(t, host, port, args...)
}

// Start is as the function of this name, with this program.
func (p Program) Start(t testing.TB, host string, port int, args ...string) *Server {
	t.Helper()
	base := []string{
		"--bind", host, "--port", strconv.Itoa(port), "--save", "", "--appendonly", "no",
		"--protected-mode", "no", "--daemonize", "no", "--repl-diskless-sync-delay", "0", "--repl-backlog-ttl", "0",
	}
	if p.Old {
		base = append(base, "--replica-announce-ip", host)
	} else {
		base = append(base, "--bind-source-addr", host)
	}
	s := &Server{Host: host, Port: port, binary: p.Path, args: append(base, args...), dir: t.TempDir()}
	t.Cleanup(s.Kill)
	s.Restart(t)
	return s
}

// Addr is host:port.
func (s *Server) Addr() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// PID is the process id, 0 when it does not run.
func (s *Server) PID() int {
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// Restart starts a new, empty process at the same address and waits until it
// answers.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	if err := s.Boot(); err != nil {
		t.Fatal(err)
	}
	client := s.Client()
	defer client.Close()
	Eventually(t, 10*time.Second, "redis-server at "+s.Addr(), func() bool {
		err := client.Ping(context.Background()).Err()
		return err == nil || redis.HasErrorPrefix(err, "MASTERDOWN")
	})
}

// Boot starts a new process without waiting for it.
func (s *Server) Boot() error {
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.Command(s.binary, s.args...)
	s.cmd.Args[0] = filepath.Base(s.binary) // Redis 6.2 is a Sentinel wherever "redis-sentinel" is in its path
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = s.dir, log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return s.cmd.Start()
}

// Stop freezes the process (SIGSTOP) and returns when it stands still: until then it
// may serve what comes.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := syscall.Kill(s.PID(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	Stopped(t, s.PID())
}

// Cont lets a frozen process go on.
func (s *Server) Cont(t testing.TB) {
	t.Helper()
	if err := syscall.Kill(s.PID(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

// Stopped waits until all threads of a process stand still.
func Stopped(t testing.TB, pid int) {
	t.Helper()
	Eventually(t, 5*time.Second, "the process stands still", func() bool {
		stats, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
		for _, path := range stats {
			text, err := os.ReadFile(path)
			if _, rest, ok := strings.Cut(string(text), ") "); err != nil || !ok || rest[0] != 'T' {
				return false
			}
		}
		return err == nil && len(stats) > 0
	})
}

// Kill ends the process at once (SIGKILL) and waits until it is gone.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Client is a client of this server alone.
func (s *Server) Client() *redis.Client {
	return redis.NewClient(&redis.Options{
		Addr: s.Addr(), MaxRetries: -1, Protocol: 2, DisableIdentity: true,
		DialTimeout: time.Second, ReadTimeout: 2 * time.Second,
	})
}

// Log is what the process has written.
func (s *Server) Log() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Eventually waits for a condition, and fails when it has not come by the deadline.
func Eventually(t testing.TB, within time.Duration, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(within)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %s", what, within)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// String names the server in failures.
func (s *Server) String() string { return fmt.Sprintf("redis-server %s", s.Addr()) }
