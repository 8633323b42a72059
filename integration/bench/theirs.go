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
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/fleet"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

// startTheirs runs the real redis-sentinel over a fleet of the same size. It is told
// the replicas, too: to find them it would write its file to disk once for each.
func startTheirs(ctx context.Context, o options, masters int) (s *server, err error) {
	subnet, release, err := node.LockSubnet()
	if err != nil {
		return nil, err
	}
	servers := fleet.New(subnet)
	stop := func() error { servers.Close(); release(); return nil }
	defer func() {
		if err != nil {
			err = errors.Join(err, stop())
		}
	}()
	host := fmt.Sprintf("127.%d.255.1", subnet)
	s = &server{name: "redis-sentinel", addr: &net.TCPAddr{IP: net.ParseIP(host), Port: fleet.SentinelPort}}
	config := []byte(fmt.Sprintf("bind %s\nport %d\nmaxclients %s\nsave \"\"\nprotected-mode no\n", host, fleet.SentinelPort, maxClients))
	for i := range masters {
		set, err := servers.Add(fmt.Sprintf("cache-%d", i), serversPerMaster)
		if err != nil {
			return nil, err
		}
		if err := replicate(set); err != nil {
			return nil, err
		}
		s.masters = append(s.masters, set.Name)
		config = monitorLines(config, set)
	}
	file := filepath.Join(o.dir, fmt.Sprintf("sentinel-%d.conf", masters))
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return nil, err
	}
	pid, kill, err := launch("redis-sentinel", filepath.Join(o.dir, fmt.Sprintf("theirs-%d.log", masters)), file)
	if err != nil {
		return nil, err
	}
	quiet := stop
	stop = func() error { return errors.Join(kill(), quiet()) }
	s.pid, s.stop = pid, stop
	return s, await(ctx, s.knowsAll)
}

// replicate makes the first server of a set the master of the others.
func replicate(set *fleet.Set) error {
	if _, err := ask(set.Servers[0].Addr(), "REPLICAOF NO ONE"); err != nil {
		return err
	}
	for _, replica := range set.Servers[1:] {
		if _, err := ask(replica.Addr(), fmt.Sprintf("REPLICAOF %s %d", set.Servers[0].Host, set.Servers[0].Port)); err != nil {
			return err
		}
	}
	return nil
}

func monitorLines(config []byte, set *fleet.Set) []byte {
	config = fmt.Appendf(config, "sentinel monitor %s %s %d 1\n", set.Name, set.Servers[0].Host, set.Servers[0].Port)
	for _, replica := range set.Servers[1:] {
		config = fmt.Appendf(config, "sentinel known-replica %s %s %d\n", set.Name, replica.Host, replica.Port)
	}
	return config
}

// knowsAll tells what a Sentinel still lacks: all masters up, each with its replicas.
func (s *server) knowsAll() error {
	text, err := ask(s.addr.String(), "SENTINEL MASTERS")
	if err != nil {
		return err
	}
	text = slices.DeleteFunc(text, func(line string) bool { return strings.HasPrefix(line, "$") })
	up, full := 0, 0
	for i := range len(text) - 1 {
		switch {
		case text[i] == "flags" && text[i+1] == "master":
			up++
		case text[i] == "num-slaves" && text[i+1] == strconv.Itoa(serversPerMaster-1):
			full++
		}
	}
	if want := len(s.masters); up != want || full != want {
		return fmt.Errorf("%s: %d masters are up and %d have all replicas, want %d", s.name, up, full, want)
	}
	return nil
}
