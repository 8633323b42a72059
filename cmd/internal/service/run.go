package service

import (
	"context"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	"golang.org/x/sync/errgroup"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/command"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/monitor"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/store"
)

// settleEvery is how often a starting replica looks whether its view is complete.
const settleEvery = 10 * time.Millisecond

// parts are one replica of the service. The data runs through them from top to
// bottom: cluster and dialed nodes -> monitor -> store -> commands -> server.
type parts struct {
	config   Config
	log      logrus.FieldLogger
	cluster  *k8s.Cluster
	monitor  *monitor.Monitor
	store    *store.Store
	server   *resp.Server
	commands *command.Commands
	secrets  *secrets
	files    []*watchedFiles
	stale    atomic.Int64 // of files
	problems *prometheus.CounterVec
	open     atomic.Bool // clients are being served
	leaving  atomic.Bool // it was told to end
	watchdog *watchdog
	echo     io.ReadWriteCloser // nil without one
}

// Run is one replica of the service from start to stop. After the end of ctx it
// leaves: see leave. It returns when all sockets are closed, or when a port cannot
// be had; nothing else ends it.
func Run(ctx context.Context, config Config, clients k8s.Clients, log logrus.FieldLogger) error {
	p, err := assemble(config, clients, log)
	if err != nil {
		return err
	}
	defer p.close()
	group, running := errgroup.WithContext(context.WithoutCancel(ctx))
	serving, stop := context.WithCancel(running)
	leading, resign := context.WithCancel(running)
	defer context.AfterFunc(ctx, func() {
		finish(running, p.monitor.Busy)
		resign()
	})()
	led := make(chan struct{})
	group.Go(func() error { return p.cluster.Run(serving, forgetting{p.monitor, p.problems}) })
	group.Go(func() error {
		defer close(led)
		return p.lead(leading)
	})
	group.Go(func() error { return p.serve(serving) })
	group.Go(func() error {
		follow(serving, p.files, &p.stale, log)
		return nil
	})
	group.Go(func() error { return serveHTTP(serving, config, p.registry(), p.missing, p.watchdog.alive, log) })
	group.Go(func() error {
		p.watchdog.run(serving, func(text string) { log.WithField("component", "watchdog").Error(text) })
		return nil
	})
	group.Go(func() error {
		defer stop()
		p.leave(ctx, running, led)
		return nil
	})
	return ended(ctx, running, group, config, log)
}

func (p *parts) close() {
	p.monitor.Close()
	if p.echo != nil {
		_ = p.echo.Close()
	}
}

func assemble(config Config, clients k8s.Clients, log logrus.FieldLogger) (*parts, error) {
	p := &parts{config: config, log: log, store: store.New(), problems: newProblems()}
	p.watchFiles()
	var err error
	if p.secrets, err = readSecrets(config); err != nil {
		return nil, err
	}
	options := config.kubernetes(log)
	options.Answers = answers
	if p.secrets.redis != nil {
		options.Unfit = p.secrets.redis.Unfit
	}
	options.CountProblem = func(kind, master string) { p.problems.WithLabelValues(kind, master).Inc() }
	options.AwayChanged = func(away bool) { p.monitor.APIAway(away) }
	cluster, err := k8s.New(clients, options)
	if err != nil {
		return nil, err
	}
	p.cluster = cluster
	if p.echo, err = newEcho(); err != nil {
		log.WithField("err", err).Warn("no socket to itself: time in which this process is short of CPU may count as silence of others")
	}
	nodes := newDialer(p.secrets.login, p.secrets.redis, config.RedisTLSServerName, net.ParseIP(config.BindSource))
	p.monitor = monitor.New(monitor.Options{
		Kubernetes: cluster, Changes: cluster.Changes, Store: p.store, Log: log, Dial: nodes.dial, Watch: nodes.watch,
		Publish: func(channel, payload string) { p.server.Hub().Publish(channel, payload) },
		Cause:   node.Cause, OnSettings: p.settingsChanged, Exit: os.Exit, Seal: cluster.Leader.Seal, Echo: p.echo,
	})
	p.watchdog = newWatchdog(p.monitor.Stuck)
	id := k8s.PeerID(firstOf(config.PodUID, config.PodName))
	p.commands = command.New(command.Options{
		Store: p.store, MyID: id, Addr: sentinel.Spelled(config.PodIP), Port: config.announced(),
		RequirePass: config.RequirePass, ACLFile: config.ACLFile, Failover: p.failover, Writer: p.monitor, Hindrance: p.monitor.Hindrance, Problems: cluster.Degraded,
		ProtectedMode: config.ProtectedMode, DebugCommands: config.DebugCommands, LogLevel: levelWords[config.LogLevel], Log: log,
	})
	p.server = resp.NewServer(resp.Options{
		MaxClients: config.MaxClients, IdleTimeout: config.ClientIdleTimeout, CloseTimeout: config.ShutdownGrace / 2, Log: log,
	}, p.commands)
	if err := p.readUsers(); err != nil {
		return nil, err
	}
	return p, nil
}

// failover hands a client's SENTINEL FAILOVER to the leader.
func (p *parts) failover(ctx context.Context, master string) error {
	return p.monitor.Failover(ctx, master, "SENTINEL FAILOVER at "+p.config.PodName)
}

// lead takes part in the election once there is something to lead with, while it is well.
func (p *parts) lead(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-p.cluster.Synced():
	}
	return p.watchdog.whileWell(ctx, func(ctx context.Context) error { return p.cluster.Leader.Run(ctx, p.monitor) })
}

// serve opens the port for clients with the first complete view: a closed port
// makes every client try another Sentinel, an answer that is wrong does not.
func (p *parts) serve(ctx context.Context) error {
	began := time.Now()
	for !p.cluster.HasSynced() || !p.monitor.Settled() {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(settleEvery):
		}
	}
	p.log.WithFields(logrus.Fields{
		"bind": p.config.Bind, "port": p.config.Port, "tls-port": p.config.TLSPort, "took": time.Since(began).Round(time.Millisecond),
	}).Info("view complete, serving clients")
	p.open.Store(true)
	defer p.open.Store(false)
	group, ctx := errgroup.WithContext(ctx)
	if p.config.Port != 0 {
		group.Go(func() error { return p.server.Run(ctx, p.config.bound(p.config.Port)) })
	}
	if p.config.TLSPort != 0 {
		group.Go(func() error { return p.server.RunTLS(ctx, p.config.bound(p.config.TLSPort), p.secrets.port.Server()) })
	}
	return group.Wait()
}

// missing says why this replica is not ready; empty when it is.
func (p *parts) missing() []string {
	var missing []string
	if p.leaving.Load() {
		missing = append(missing, "it was told to end")
	}
	if !p.open.Load() {
		missing = append(missing, "the view is not complete yet")
	}
	if stuck, _ := p.watchdog.stuck(); stuck != "" {
		missing = append(missing, stuck)
	}
	return append(missing, p.cluster.Lasting(p.config.APIGrace)...)
}

func firstOf(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
