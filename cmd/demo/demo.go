package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/cmd/internal/service"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

// demo is the running cluster with the story that is told of it.
type demo struct {
	config  config
	cluster *embedded.Cluster
	story   *story
	dir     string
	out     io.Writer
}

// restarts are a kubelet's, but for the back-off: it ends after a second, which is the
// least that can be configured. Whoever tries things kills the same Redis often, and is
// not to wait for minutes.
func (c config) restarts() *node.Restarts {
	if c.atOnce {
		return &node.AtOnce
	}
	return &node.Restarts{Most: time.Second}
}

// start starts everything; d.stop ends it.
func start(ctx context.Context, c config, p place) (*demo, error) {
	dir, err := os.MkdirTemp("", "redis-sentinel-k8s-demo-")
	if err != nil {
		return nil, err
	}
	d := &demo{config: c, dir: dir, out: os.Stdout}
	lines := io.Writer(os.Stdout)
	if c.json {
		lines = os.Stderr
	}
	d.story = newStory(ctx, lines, c.sentinels)
	log := d.story.logger()
	k8s.BridgeLogs(log)
	d.cluster, err = embedded.Start(ctx, embedded.Options{
		Masters: c.names(), Replicas: c.replicas, SentinelPorts: c.ports(),
		RedisPort: redisPort, RedisServer: p.server, Subnet: p.subnet, Dir: dir, Log: log, Restarts: c.restarts(),
		Service: func(ctx context.Context, r embedded.Replica) error { return serve(ctx, r, log) },
	})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return d, nil
}

// stop ends all processes and removes their files.
func (d *demo) stop() error {
	d.story.end()
	return errors.Join(d.cluster.Stop(), os.RemoveAll(d.dir)) //nolint:gosec // the folder that start made
}

// serve is one replica of the service, configured as the chart does it. Its HTTP
// port is any that is free.
func serve(ctx context.Context, r embedded.Replica, log logrus.FieldLogger) error {
	config := service.Defaults()
	config.Namespace, config.LeasePrefix, config.PeerSelector = embedded.Namespace, embedded.LeasePrefix, embedded.PeerSelector
	config.PodName, config.PodUID, config.PodIP = r.PodName, r.PodUID, r.IP
	config.Bind, config.Port = r.IP, r.Port
	config.HTTPBind, config.HTTPPort = r.IP, 0
	config.ShutdownDelay = 0 // there are no endpoints that would have to follow
	log = log.WithField("sentinel", r.Port)
	err := service.Run(ctx, config, r.Clients, log)
	if err != nil && ctx.Err() == nil {
		log.WithError(err).Error("Sentinel ended")
	}
	return err
}

// show waits until all is ready and says what runs where.
func (d *demo) show(ctx context.Context) error {
	found, err := d.ready(ctx)
	if err != nil {
		return err
	}
	if d.config.json {
		err = json.NewEncoder(d.out).Encode(found)
	} else {
		_, err = fmt.Fprint(d.out, guide(found, d.config))
	}
	d.story.begin(found)
	return err
}

// layout is what runs where; --json prints it.
type layout struct {
	Sentinels []string `json:"sentinels"`
	Masters   []master `json:"masters"`
}

type master struct {
	Name string `json:"name"`
	Pods []pod  `json:"pods"`
}

type pod struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	Role    string `json:"role"` // master or replica
	PID     int    `json:"pid"`
}

func sentinelAddr(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
