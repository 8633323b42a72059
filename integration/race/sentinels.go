package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

const (
	redisPort    = 6379
	sentinelPort = 26379
	startWithin  = 30 * time.Second
)

// sentinelConfig has the settings that most people have.
const sentinelConfig = `bind %[1]s
port %[2]d
protected-mode no
sentinel monitor mymaster %[3]s %[4]d 2
sentinel down-after-milliseconds mymaster 5000
sentinel failover-timeout mymaster 180000
sentinel parallel-syncs mymaster 1
sentinel announce-ip %[1]s
`

// sentinels is a real Sentinel trio over Redis as people run it: without a volume,
// and with nothing that keeps a restarted one from being the master it was.
type sentinels struct {
	delay   int // repl-diskless-sync-delay in seconds
	dir     string
	prefix  string // of the addresses
	release func()
	redis   map[string]*process.Process // by address
	others  []*process.Process
}

func newSentinels(ctx context.Context, dir string, delay int) (side, error) {
	subnet, release, err := node.LockSubnet()
	if err != nil {
		return nil, err
	}
	s := &sentinels{
		delay: delay, dir: filepath.Join(dir, "sentinels-"+strconv.Itoa(delay)), release: release,
		prefix: fmt.Sprintf("127.%d.1.", subnet), redis: map[string]*process.Process{},
	}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.end())
	}
	return s, nil
}

func (s *sentinels) name() string {
	return fmt.Sprintf("real Sentinel, diskless-sync-delay %d", s.delay)
}

func (s *sentinels) host(n int) string { return s.prefix + strconv.Itoa(n) }

func (s *sentinels) nodes() []string { return s.addrs(redisPort) }

func (s *sentinels) sentinels() []string { return s.addrs(sentinelPort) }

func (s *sentinels) addrs(port int) []string {
	addrs := make([]string, 0, 3)
	for n := 1; n <= 3; n++ {
		addrs = append(addrs, net.JoinHostPort(s.host(n), strconv.Itoa(port)))
	}
	return addrs
}

// start starts the Sentinels once the replicas copy the master, so that they find
// them at once.
func (s *sentinels) start(ctx context.Context) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	for n, addr := range s.nodes() {
		if err := s.startRedis(addr, n == 0); err != nil {
			return err
		}
	}
	master := redis.NewClient(&redis.Options{Addr: s.nodes()[0], DisableIdentity: true})
	defer master.Close()
	err := waitFor(ctx, startWithin, func(ctx context.Context) error {
		info, err := inspect(ctx, master)
		if err == nil && info["connected_slaves"] != "2" {
			err = fmt.Errorf("%s replicas, want 2", info["connected_slaves"])
		}
		return err
	})
	if err != nil {
		return err
	}
	for n := range s.sentinels() {
		if err := s.startSentinel(s.host(n + 1)); err != nil {
			return err
		}
	}
	return nil
}

func (s *sentinels) startRedis(addr string, isMaster bool) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	args := []string{
		"--bind", host, "--bind-source-addr", host, "--port", strconv.Itoa(redisPort), "--protected-mode", "no",
		"--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", strconv.Itoa(s.delay),
	}
	if !isMaster {
		args = append(args, "--replicaof", s.host(1), strconv.Itoa(redisPort))
	}
	p, err := s.run("redis-"+host, args)
	s.redis[addr] = p
	return err
}

func (s *sentinels) startSentinel(host string) error {
	file := filepath.Join(s.dir, "sentinel-"+host+".conf")
	text := fmt.Sprintf(sentinelConfig, host, sentinelPort, s.host(1), redisPort)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	p, err := s.run("sentinel-"+host, []string{file, "--sentinel"})
	s.others = append(s.others, p)
	return err
}

func (s *sentinels) run(name string, args []string) (*process.Process, error) {
	out, err := process.LogFile(filepath.Join(s.dir, name+".log"))
	if err != nil {
		return nil, err
	}
	defer out.Close()
	return process.Start(process.Spec{Path: "redis-server", Args: args, Dir: s.dir, Out: out})
}

// crash restarts a replica as a replica: its own arguments say so, as always.
func (s *sentinels) crash(addr string, _ int) error {
	if err := s.redis[addr].Kill(); err != nil {
		return err
	}
	return s.startRedis(addr, addr == s.nodes()[0])
}

func (s *sentinels) end() error {
	defer s.release()
	var errs []error
	for _, p := range slices.Concat(s.others, []*process.Process{s.redis[s.nodes()[0]], s.redis[s.nodes()[1]], s.redis[s.nodes()[2]]}) {
		if p != nil {
			errs = append(errs, p.Kill())
		}
	}
	return errors.Join(errs...)
}
