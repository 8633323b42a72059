package limits

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/sys/unix"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cgroup"
)

// server is a redis-server in a memory cgroup.
type server struct {
	addr   string
	folder string
	group  *cgroup.Group
	client *redis.Client
	ended  chan struct{}
	kill   context.CancelFunc
	peak   atomic.Int64 // of what it held, in bytes; Store(0) begins anew
}

// start starts one and waits until it answers. Its folder is made in dir.
func start(ctx context.Context, program string, c Container, host string, port int, dir string) (*server, error) {
	folder, err := os.MkdirTemp(dir, "server-")
	if err != nil {
		return nil, err
	}
	if err := onDisk(folder); err != nil {
		return nil, err
	}
	g, err := cgroup.NewMemory(c.Limit)
	if err != nil {
		return nil, err
	}
	ctx, kill := context.WithCancel(ctx)
	s := &server{addr: net.JoinHostPort(host, strconv.Itoa(port)), folder: folder, group: g, ended: make(chan struct{}), kill: kill}
	if err := s.run(ctx, program, c.at(host, strconv.Itoa(port), folder), c.Env); err != nil {
		kill()
		return nil, errors.Join(err, g.Remove())
	}
	s.client = redis.NewClient(&redis.Options{Addr: s.addr, MaxRetries: -1, Protocol: 2, DisableIdentity: true, DialTimeout: time.Second, ReadTimeout: 5 * time.Second})
	go s.watch()
	for deadline := time.Now().Add(10 * time.Second); s.client.Ping(ctx).Err() != nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) || s.hasEnded() {
			log, _ := os.ReadFile(filepath.Join(folder, "log"))
			s.stop()
			return nil, fmt.Errorf("%s does not answer: %s", program, log)
		}
	}
	return s, nil
}

// run enters the group before the program begins, as a container's runtime does.
func (s *server) run(ctx context.Context, program string, args, env []string) error {
	const enter = `echo $$ >"$0" && exec "$@"`
	// Redis 6.2 takes itself for a Sentinel if "redis-sentinel" is anywhere in its path.
	called := filepath.Join(s.folder, "redis-server")
	if err := os.Symlink(program, called); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", enter, s.group.Procs(), called}, args...)...)
	log, err := os.Create(filepath.Join(s.folder, "log"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.Env = s.folder, log, log, append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() {
		_ = cmd.Wait()
		close(s.ended)
	}()
	return nil
}

// watch keeps the peak of what the group holds.
func (s *server) watch() {
	for {
		if held, err := s.group.Held(); err == nil {
			s.peak.Store(max(s.peak.Load(), held))
		}
		select {
		case <-s.ended:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *server) hasEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// stop ends it and removes all that it had.
func (s *server) stop() {
	if s.client != nil {
		_ = s.client.Close()
	}
	s.kill()
	<-s.ended
	_ = s.group.Remove()
	_ = os.RemoveAll(s.folder)
}

// killed: the kernel has killed it, or its child, for its memory.
func (s *server) killed() bool {
	n, err := s.group.Kills()
	return err != nil || n > 0
}

// info reads INFO, whole.
func (s *server) info(ctx context.Context) (info, error) {
	text, err := s.client.Info(ctx).Result()
	fields := info{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			fields[name] = value
		}
	}
	return fields, err
}

type info map[string]string

func (f info) number(name string) int64 {
	n, _ := strconv.ParseInt(f[name], 10, 64)
	return n
}

// follow makes it a replica as the service does.
func (s *server) follow(ctx context.Context, master string) error {
	host, port, err := net.SplitHostPort(master)
	if err != nil {
		return err
	}
	return s.client.Do(ctx, "REPLICAOF", host, port).Err()
}

func onDisk(folder string) error {
	var stat unix.Statfs_t
	if err := unix.Statfs(folder, &stat); err != nil {
		return err
	}
	if stat.Type == unix.TMPFS_MAGIC {
		return fmt.Errorf("%s is no disk but memory, as an emptyDir is not: set TMPDIR", folder)
	}
	return nil
}
