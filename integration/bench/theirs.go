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
)

// startTheirs runs the real redis-sentinel over a fleet of the same size. It is told
// the replicas, too: to find them it would write its file to disk once for each.
func startTheirs(ctx context.Context, o options, masters int) (s *server, err error) {
	subnet, sets, stop, err := startFleet(ctx, masters)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, stop())
		}
	}()
	host := fmt.Sprintf("127.%s.255.1", subnet)
	s = &server{name: "redis-sentinel", addr: &net.TCPAddr{IP: net.ParseIP(host), Port: fleet.SentinelPort}}
	config := fmt.Appendf(nil, "bind %s\nport %d\nmaxclients %s\n", host, fleet.SentinelPort, maxClients)
	for _, set := range sets {
		s.masters = append(s.masters, set.name)
		config = fmt.Appendf(config, "sentinel monitor %s %s %d 1\n", set.name, set.hosts[0], fleet.Port)
		for _, replica := range set.hosts[1:] {
			config = fmt.Appendf(config, "sentinel known-replica %s %s %d\n", set.name, replica, fleet.Port)
		}
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
