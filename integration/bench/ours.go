package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/fleet"
)

// serversPerMaster is a master and two replicas.
const serversPerMaster = 3

// maxClients of both servers leaves room beside 10 000 subscribers.
const maxClients = "20000"

// startOurs runs the service's binary over an embedded API that knows a fleet, and
// returns once all masters are settled.
func startOurs(ctx context.Context, o options, masters int) (s *server, err error) {
	cluster, err := fleet.Start(ctx, fleet.Options{Masters: masters, Servers: serversPerMaster})
	if err != nil {
		return nil, err
	}
	stop := cluster.Stop
	defer func() {
		if err != nil {
			err = errors.Join(err, stop())
		}
	}()
	api, err := cluster.Serve(o.dir)
	if err != nil {
		return nil, err
	}
	stop = func() error { return errors.Join(api.Stop(), cluster.Stop()) }
	flags, addr, err := cluster.Outside(ctx, api.Kubeconfig)
	if err != nil {
		return nil, err
	}
	log := filepath.Join(o.dir, fmt.Sprintf("ours-%d.log", masters))
	pid, kill, err := launch(o.service, log, append(flags, "--maxclients", maxClients)...)
	if err != nil {
		return nil, err
	}
	stop = func() error { return errors.Join(kill(), api.Stop(), cluster.Stop()) }
	s = &server{name: "this service", pid: pid, stop: stop}
	if s.addr, err = net.ResolveTCPAddr("tcp", addr); err != nil {
		return nil, err
	}
	for _, set := range cluster.Sets {
		s.masters = append(s.masters, set.Name)
		if err := await(ctx, func() error { return cluster.Settled(ctx, set) }); err != nil {
			return nil, err
		}
	}
	return s, await(ctx, s.knowsAll)
}
