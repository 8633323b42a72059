package clients

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

// side is who watches over the set: this service, or real Sentinels.
type side interface {
	// targets are where the Sentinels listen; clients are told of the proxies.
	targets() []string
	// login is that of a user who may do everything, where there are passwords.
	login() (user, password string)
	// kill ends the Redis at a host; back lets it (or its successor) come again, as
	// the platform of this side does it, given who is master now.
	kill(host string)
	back(host, master string)
	// killSentinel and startSentinel end the n-th Sentinel by SIGKILL and start it.
	killSentinel(n int)
	startSentinel(n int)
	// stays tells that a killed master is away until another was chosen: a real
	// Sentinel would lose the data otherwise, which is shown elsewhere.
	stays() bool
}

// Stage is one set of Redis with three Sentinels, and those who look on.
type Stage struct {
	*access
	t       testing.TB
	side    side
	proxies []*Proxy
	Ledger  *Ledger
	Ears    *Ears
	Execs   *Executions

	sentinels []*redis.Client
	down      [size]bool               // Sentinels that were killed
	nodes     map[string]*redis.Client // by host
}

const (
	settleWithin = 90 * time.Second
	startWithin  = 60 * time.Second
)

// ports are where clients reach the Sentinels, and behind them the Sentinels listen.
type ports struct{ public, hidden [size]int }

// portsOf gives a stage those of its subnet's number, below those that the kernel
// gives to connections.
func portsOf(subnet int) ports {
	var p ports
	for n := range size {
		p.public[n] = 20000 + 2*size*subnet + n
		p.hidden[n] = p.public[n] + size
	}
	return p
}

func local(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// raise puts proxies and watchers around a side that runs. All ends with the test.
func raise(t testing.TB, a *access, s side, p ports) *Stage {
	t.Helper()
	stage := &Stage{
		access: a, t: t, side: s, Ledger: &Ledger{}, Ears: &Ears{}, Execs: &Executions{}, nodes: map[string]*redis.Client{},
	}
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		watching.Wait()
		for _, proxy := range stage.proxies {
			proxy.Shut()
		}
		if file, err := process.LogFile(filepath.Join(a.dir, "requests.log")); err == nil {
			stage.Ledger.Write(file)
			_ = file.Close()
		}
	})
	for n, target := range s.targets() {
		stage.proxies = append(stage.proxies, NewProxy(local(p.public[n]), target, stage.Ledger))
		user, password := s.login()
		client := stage.client(target, user, password)
		stage.sentinels = append(stage.sentinels, client)
		watching.Go(func() { stage.Ears.Listen(ctx, client) })
		stage.open(n)
	}
	for n := range size {
		host := a.host(n)
		stage.nodes[host] = stage.client(net.JoinHostPort(host, strconv.Itoa(redisPort)), "", redisPassword)
		watching.Go(func() { stage.Execs.Watch(ctx, a, host) })
	}
	stage.Settle()
	return stage
}

func (s *Stage) client(addr, user, password string) *redis.Client {
	options := &redis.Options{
		Addr: addr, Protocol: 2, DisableIdentity: true, MaxRetries: -1, DialTimeout: time.Second, ReadTimeout: 2 * time.Second, TLSConfig: s.trust,
	}
	if s.Password {
		options.Username, options.Password = user, password
	}
	client := redis.NewClient(options)
	s.t.Cleanup(func() { _ = client.Close() })
	return client
}

// open opens a proxy once its Sentinel listens.
func (s *Stage) open(n int) {
	s.t.Helper()
	s.await(startWithin, fmt.Sprintf("Sentinel %d", n), func() error {
		return s.sentinels[n].Ping(context.Background()).Err()
	})
	if err := s.proxies[n].Open(); err != nil {
		s.t.Fatal(err)
	}
}

// Addresses are what clients are told of the Sentinels.
func (s *Stage) Addresses() []string {
	var addrs []string
	for _, p := range s.proxies {
		addrs = append(addrs, p.addr)
	}
	return addrs
}

// KillSentinel ends one, and with it the connections to it.
func (s *Stage) KillSentinel(n int) {
	s.t.Helper()
	s.down[n] = true
	s.side.killSentinel(n)
	s.proxies[n].Shut()
}

// StartSentinel starts it again; clients can connect when it serves.
func (s *Stage) StartSentinel(n int) {
	s.t.Helper()
	s.side.startSentinel(n)
	s.open(n)
	s.down[n] = false
}

// Master is the host of whom the Sentinels name, or why there is none.
func (s *Stage) Master() (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	var agreed string
	for n, client := range s.sentinels {
		if s.down[n] {
			continue
		}
		addr, err := client.Do(ctx, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", MasterName).StringSlice()
		if err != nil || len(addr) != 2 {
			return "", fmt.Errorf("no master: %v %w", addr, err)
		}
		host := s.address(addr[0])
		if agreed != "" && agreed != host {
			return "", fmt.Errorf("masters %s and %s", agreed, host)
		}
		agreed = host
	}
	return agreed, nil
}

// Settle waits until all Sentinels name one master, which has all its replicas in
// sync, and know them and each other.
func (s *Stage) Settle() string {
	s.t.Helper()
	var master string
	s.await(settleWithin, "the set settles", func() (err error) {
		if master, err = s.Master(); err != nil {
			return err
		}
		return errors.Join(s.inSync(master), s.known())
	})
	return master
}

func (s *Stage) inSync(master string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for host, client := range s.nodes {
		info, err := client.Info(ctx, "replication").Result()
		want := "master_link_status:up"
		if host == master {
			want = fmt.Sprintf("role:master\r\nconnected_slaves:%d", size-1)
		}
		if err != nil || !strings.Contains(info, want) {
			return fmt.Errorf("%s lacks %q: %w", host, want, err)
		}
	}
	return nil
}

// known: each Sentinel sees the replicas up, and its peers.
func (s *Stage) known() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	for n, client := range s.sentinels {
		if s.down[n] {
			continue
		}
		row, err := client.Do(ctx, "SENTINEL", "MASTER", MasterName).Slice()
		if err != nil {
			return err
		}
		fields := map[string]string{}
		for i := 0; i+1 < len(row); i += 2 {
			fields[fmt.Sprint(row[i])] = fmt.Sprint(row[i+1])
		}
		want := strconv.Itoa(size - 1)
		// A real Sentinel goes on counting one that is down; it is in no hurry to know all.
		if fields["flags"] != "master" || fields["num-slaves"] != want || s.all() && fields["num-other-sentinels"] != want {
			return fmt.Errorf("flags %s, %s replicas, %s other Sentinels", fields["flags"], fields["num-slaves"], fields["num-other-sentinels"])
		}
	}
	return nil
}

// all tells that no Sentinel is down.
func (s *Stage) all() bool { return s.down == [size]bool{} }

// await waits for a condition and fails with its last error.
func (s *Stage) await(within time.Duration, what string, ready func() error) {
	s.t.Helper()
	deadline := time.Now().Add(within)
	for {
		err := ready()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s, %s: not within %s: %v", s.Name, what, within, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}
