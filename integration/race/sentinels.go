package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
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

// sentinelConfig begins each Sentinel's file; what is not in it has Sentinel's default.
const sentinelConfig = `bind %[1]s
port %[2]d
protected-mode no
sentinel monitor mymaster %[3]s %[4]d 2
sentinel announce-ip %[1]s
`

// trioSettings are those that people change. Zero leaves Sentinel's own.
type trioSettings struct {
	downAfter, failoverTimeout time.Duration
	// delay is repl-diskless-sync-delay, in whole seconds.
	delay time.Duration
}

// sentinels is a real Sentinel trio over Redis as people run it: without a volume,
// and with nothing that keeps a restarted one from being the master it was. Without
// Sentinels it is Redis alone.
type sentinels struct {
	title    string
	size     int // how many Redis
	watchers int // how many Sentinels
	settings trioSettings

	dir     string
	prefix  string // of the addresses
	release func()
	redis   map[string]*process.Process // by address
	others  []*process.Process
}

// trio is three Redis with three Sentinels.
func trio(title string, settings trioSettings) func(context.Context, lab) (side, error) {
	return func(ctx context.Context, l lab) (side, error) {
		return newSentinels(ctx, l.dir, &sentinels{title: title, size: 3, watchers: 3, settings: settings})
	}
}

// pair is a master and a replica that nobody watches.
func pair(title string) func(context.Context, lab) (side, error) {
	return func(ctx context.Context, l lab) (side, error) {
		return newSentinels(ctx, l.dir, &sentinels{title: title, size: 2})
	}
}

func newSentinels(ctx context.Context, dir string, s *sentinels) (side, error) {
	subnet, release, err := node.LockSubnet()
	if err != nil {
		return nil, err
	}
	s.dir, s.release, s.redis = filepath.Join(dir, "sentinels-"+strconv.Itoa(subnet)), release, map[string]*process.Process{}
	s.prefix = fmt.Sprintf("127.%d.1.", subnet)
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.end())
	}
	return s, nil
}

func (s *sentinels) name() string { return s.title }

func (s *sentinels) host(n int) string { return s.prefix + strconv.Itoa(n) }

func (s *sentinels) nodes() []string { return s.addrs(s.size, redisPort) }

func (s *sentinels) sentinels() []string { return s.addrs(s.watchers, sentinelPort) }

func (s *sentinels) addrs(count, port int) []string {
	addrs := make([]string, 0, count)
	for n := 1; n <= count; n++ {
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
		if want := strconv.Itoa(s.size - 1); err == nil && info["connected_slaves"] != want {
			err = fmt.Errorf("%s replicas, want %s", info["connected_slaves"], want)
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
		"--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", strconv.Itoa(int(s.settings.delay.Seconds())),
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
	text := fmt.Sprintf(sentinelConfig, host, sentinelPort, s.host(1), redisPort) +
		option("down-after-milliseconds", s.settings.downAfter) + option("failover-timeout", s.settings.failoverTimeout)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	p, err := s.run("sentinel-"+host, []string{file, "--sentinel"})
	s.others = append(s.others, p)
	return err
}

// option is a line of a Sentinel's file, none for what has Sentinel's default.
func option(name string, value time.Duration) string {
	if value == 0 {
		return ""
	}
	return fmt.Sprintf("sentinel %s %s %d\n", name, masterName, value.Milliseconds())
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
func (s *sentinels) crash(addr string, pid int) error {
	if err := s.leave(addr, pid); err != nil {
		return err
	}
	return s.back(addr)
}

func (s *sentinels) leave(addr string, _ int) error { return s.redis[addr].Kill() }

func (s *sentinels) back(addr string) error { return s.startRedis(addr, addr == s.nodes()[0]) }

// fenced: there is nothing to wait for.
func (s *sentinels) fenced(context.Context, *redis.Client) error { return nil }

func (s *sentinels) end() error {
	defer s.release()
	var errs []error
	for _, p := range slices.Concat(s.others, slices.Collect(maps.Values(s.redis))) {
		if p != nil {
			errs = append(errs, p.Kill())
		}
	}
	return errors.Join(errs...)
}
