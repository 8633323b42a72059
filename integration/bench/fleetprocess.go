package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/fleet"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

// The real Sentinel's masters are in a process of their own: two fleets of 1000 masters
// have more sockets than one process may.

// serveFleet is that process. It tells the subnet and then each master with its
// servers, one a line, and ends with its input.
func serveFleet(masters int) error {
	subnet, release, err := node.LockSubnet()
	if err != nil {
		return err
	}
	defer release()
	servers := fleet.New(subnet)
	defer servers.Close()
	fmt.Println(subnet)
	for i := range masters {
		set, err := servers.Add(fmt.Sprintf("cache-%d", i), serversPerMaster)
		if err != nil {
			return err
		}
		if err := replicate(set); err != nil {
			return err
		}
		fmt.Print(set.Name)
		for _, server := range set.Servers {
			fmt.Print(" ", server.Host)
		}
		fmt.Println()
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
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

// modelled is a master with the hosts of its servers, the master's first.
type modelled struct {
	name  string
	hosts []string
}

// startFleet starts the process and reads what it tells, as long as ctx lasts. The
// process ends with ours in any case.
func startFleet(ctx context.Context, masters int) (subnet string, sets []modelled, stop func() error, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, nil, err
	}
	cmd := exec.Command(self, fmt.Sprintf("--fleet=%d", masters))
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		return "", nil, nil, err
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, nil, err
	}
	// What hangs at the start is killed; later it ends with its input.
	giveUp := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer giveUp()
	stop = func() error { return errors.Join(input.Close(), cmd.Wait()) }
	lines := bufio.NewScanner(output)
	if lines.Scan() {
		subnet = lines.Text()
	}
	for len(sets) < masters && lines.Scan() {
		words := strings.Fields(lines.Text())
		sets = append(sets, modelled{words[0], words[1:]})
	}
	if len(sets) < masters {
		return "", nil, nil, errors.Join(fmt.Errorf("the fleet has started %d of %d masters", len(sets), masters), lines.Err(), stop())
	}
	return subnet, sets, stop, nil
}
