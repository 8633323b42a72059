package main

import (
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"strconv"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

// redisPort is where every Redis listens, at its own address.
const redisPort = 6379

// place is what was found on this computer.
type place struct {
	server  string // the redis-server binary
	subnet  int    // the Redis pods get 127.<subnet>.x.y
	release func()
}

// preflight finds what the demo needs. The error tells all that is missing at once,
// and what to do about it.
func preflight(c config) (place, error) {
	var wrong []error
	if runtime.GOOS != "linux" {
		wrong = append(wrong, errors.New("the demo needs Linux: only there all of 127.0.0.0/8 is this computer"))
	}
	p := place{release: func() {}}
	var err error
	if p.server, err = exec.LookPath("redis-server"); err != nil {
		wrong = append(wrong, errors.New("redis-server is not installed: sudo apt-get install redis-server"))
	}
	for _, port := range c.ports() {
		if err := free("127.0.0.1", port); err != nil {
			wrong = append(wrong, fmt.Errorf("a Sentinel can't listen: %w (a redis-sentinel of this computer?): stop what is there, or choose other ports with --port %d", err, otherPort(c)))
			break
		}
	}
	if len(wrong) == 0 {
		p.subnet, p.release, err = findSubnet(c)
		wrong = append(wrong, err)
	}
	return p, errors.Join(wrong...)
}

// otherPort proposes a port for the first Sentinel from which all are free.
func otherPort(c config) int {
	for c.port = 36379; c.port < 60000; c.port += 100 {
		taken := false
		for _, port := range c.ports() {
			taken = taken || free("127.0.0.1", port) != nil
		}
		if !taken {
			return c.port
		}
	}
	return 36379
}

// findSubnet takes 127.0.x.y, unless somebody is there: another demo, for instance.
func findSubnet(c config) (subnet int, release func(), err error) {
	first := subnetFree(c, 0)
	if first == nil {
		return 0, func() {}, nil
	}
	subnet, release, err = node.LockSubnet()
	if err != nil {
		return 0, nil, err
	}
	if subnetFree(c, subnet) != nil {
		release()
		return 0, nil, fmt.Errorf("a Redis can't listen: %w: stop what is there", first)
	}
	return subnet, release, nil
}

func subnetFree(c config, subnet int) error {
	for number := 1; number <= c.replicas+1; number++ {
		for pod := 1; pod <= c.masters; pod++ {
			if err := free(fmt.Sprintf("127.%d.%d.%d", subnet, number, pod), redisPort); err != nil {
				return err
			}
		}
	}
	return nil
}

// free says why nobody can listen there.
func free(host string, port int) error {
	listener, err := net.Listen("tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	if err != nil {
		return fmt.Errorf("%s:%d is taken", host, port)
	}
	return listener.Close()
}
