package service

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/acl"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

const metricPrefix = "redis_sentinel_k8s_"

// newProblems counts what users declared wrongly, by kind and master.
func newProblems() *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: metricPrefix + "k8s_problems_total",
		Help: "Mistakes found in what is declared in Kubernetes, by kind and master.",
	}, []string{"kind", "master"})
}

// forgetting passes on what Kubernetes says, and ceases to tell of a master that is gone:
// whoever may label pods could have us keep a series for every name there is.
type forgetting struct {
	k8s.Handler
	problems *prometheus.CounterVec
}

// SetGone hears that there is no such master any more.
func (f forgetting) SetGone(master string) {
	f.problems.DeletePartialMatch(prometheus.Labels{"master": master})
	f.Handler.SetGone(master)
}

// registry holds all metrics of this replica. They are read when they are asked
// for; counting costs the parts an atomic addition at most.
func (p *parts) registry() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(p.problems, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m := p.monitor.Metrics
	gauge := func(name, help string, read func() float64) {
		r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: metricPrefix + name, Help: help}, read))
	}
	counter := func(name, help string, read func() float64) {
		r.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: metricPrefix + name, Help: help}, read))
	}
	gauge("masters", "Masters that clients can ask for.", func() float64 { return float64(m.Masters.Load()) })
	gauge("masters_down", "Masters that are s_down.", func() float64 { return float64(m.MastersDown.Load()) })
	gauge("masters_removed", "Masters that are not managed because of SENTINEL REMOVE.", func() float64 { return float64(m.Removed.Load()) })
	gauge("masters_syncs_repeat", "Masters whose full syncs are begun again and again while no replica gets in sync.", func() float64 { return float64(m.SyncsRepeat.Load()) })
	gauge("replicas_not_in_sync", "Replicas that have not got in sync for failover-timeout, a minute at least.", func() float64 { return float64(m.ReplicasNotInSync.Load()) })
	gauge("memory_near_limit", "Redis processes that take more than nine tenths of their container's memory limit.", func() float64 { return float64(m.MemoryNearLimit.Load()) })
	gauge("leading", "1 while this replica acts.", func() float64 { return bit(p.monitor.IsLeading()) })
	gauge("blind", "1 while this replica reaches no Redis.", func() float64 { return bit(p.monitor.Sight() == sentinel.SightNone) })
	gauge("ready", "1 while this replica is ready.", func() float64 { return bit(len(p.missing()) == 0) })
	gauge("masters_stuck", "Masters at which this replica has stood still for 10 s: a mistake in it.", func() float64 { stuck, _ := p.monitor.Stuck(); return float64(len(stuck)) })
	gauge("k8s_degraded", "Number of things that do not work with the API server.", func() float64 { return float64(len(p.cluster.Degraded())) })
	counter("switches_total", "Changes of a master that this replica has shown.", func() float64 { return float64(m.Switches.Load()) })
	counter("failovers_total", "Failovers and switchovers that this replica completed.", func() float64 { return float64(m.Failovers.Load()) })
	counter("failover_refusals_total", "Times that nobody could be promoted.", func() float64 { return float64(m.Refusals.Load()) })
	counter("total_losses_total", "Times that every process that held a master's data was found gone.", func() float64 { return float64(m.TotalLosses.Load()) })
	counter("warnings_total", "Reports that a person should look at.", func() float64 { return float64(m.Warnings.Load()) })
	gauge("files_stale", "Certificates, users and passwords that could not be read again and so are as they were before.", func() float64 { return float64(p.stale.Load()) })
	if p.secrets.port != nil {
		gauge("tls_certificate_expiry_timestamp_seconds", "When the certificate of the Sentinel port ends.", func() float64 { return float64(p.secrets.port.Expires().Unix()) })
	}
	counter("resp_failed_handshakes_total", "TLS connections that were never begun properly.", func() float64 { return float64(p.server.Stats().FailedHandshakes) })
	gauge("resp_clients", "Clients that are connected.", func() float64 { return float64(p.server.Stats().Connected) })
	counter("resp_connections_total", "Connections that were accepted.", func() float64 { return float64(p.server.Stats().Connections) })
	counter("resp_rejected_connections_total", "Connections over maxclients.", func() float64 { return float64(p.server.Stats().Rejected) })
	counter("resp_evicted_clients_total", "Clients cut because of all they had the most kept for them, and it was too much.", func() float64 { return float64(p.server.Stats().Evicted) })
	counter("resp_displaced_clients_total", "Clients that made room for others at maxclients.", func() float64 { return float64(p.server.Stats().Displaced) })
	counter("resp_timed_out_clients_total", "Clients cut because they did not log in, or complete a request, in time, or were idle.", func() float64 { return float64(p.server.Stats().TimedOut) })
	gauge("resp_client_memory_bytes", "Kept for clients: replies that are not read, unfinished requests, subscriptions.", func() float64 { return float64(p.server.Stats().ClientMemory) })
	counter("resp_dropped_subscribers_total", "Subscribers cut because they did not read.", func() float64 { return float64(p.server.Stats().DroppedSubscribers) })
	counter("resp_protocol_errors_total", "Connections closed for malformed requests.", func() float64 { return float64(p.server.Stats().ProtocolErrors) })
	counter("resp_failed_logins_total", "Logins with a wrong user or password.", func() float64 { return float64(p.commands.Denied(acl.ReasonAuth)) })
	counter("resp_denied_commands_total", "Commands that a client was not allowed to run.", func() float64 { return float64(p.commands.Denied(acl.ReasonCommand)) })
	counter("resp_commands_total", "Commands that were answered.", func() float64 { return float64(p.server.Stats().Commands) })
	counter("resp_panics_total", "Connections lost to a mistake of the service.", func() float64 { return float64(p.server.Stats().Panics) })
	return r
}

func bit(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
