package service

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/pflag"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

// EnvPrefix begins the environment equivalent of each flag: --log-level is
// REDIS_SENTINEL_K8S_LOG_LEVEL. A flag on the command line wins over it.
const EnvPrefix = "REDIS_SENTINEL_K8S_"

// leastIdle is longer than the longest answer takes.
const leastIdle = 10 * time.Second

// Config is all that can be set. Its fields are described by the help texts of
// their flags.
type Config struct {
	Kubeconfig   string
	Namespace    string
	Selector     string
	LeasePrefix  string
	PeerSelector string
	PodName      string
	PodUID       string
	PodIP        string

	Bind       string
	BindSource string
	Port       int
	HTTPBind   string
	HTTPPort   int
	MaxClients int
	// ClientIdleTimeout is in force where it is not 0.
	ClientIdleTimeout time.Duration

	AnnounceHostnames bool
	AnnounceServices  bool
	ClusterDomain     string
	WatchNodes        bool
	ProtectedMode     bool
	// DebugCommands allows commands that end the process.
	DebugCommands bool

	RequirePass   string
	RedisPassword string
	Security

	Lease         k8s.LeaseTimes
	APIGrace      time.Duration
	LogLevel      string
	LogFormat     string
	ShutdownDelay time.Duration
	ShutdownGrace time.Duration
}

// Defaults are the values of flags that are not given.
func Defaults() Config {
	return Config{
		Namespace: "default", Port: 26379, HTTPPort: 9121, MaxClients: 10000, ProtectedMode: true,
		Security: Security{TLSAuthClients: "yes"},
		Lease:    k8s.DefaultLeaseTimes(), APIGrace: 30 * time.Second,
		LogLevel: "info", LogFormat: "text", ShutdownDelay: 5 * time.Second, ShutdownGrace: 5 * time.Second,
	}
}

// Flags binds c to a flag set. Secrets have no flag but for the names of files, so
// that they never stand in a process list: see ReadEnv.
func (c *Config) Flags() *pflag.FlagSet {
	f := pflag.NewFlagSet("redis-sentinel-k8s", pflag.ContinueOnError)
	f.BoolVar(&c.AnnounceHostnames, "announce-hostnames", c.AnnounceHostnames, "Tell clients the names of Redis pods under their headless Service in place of IPs.")
	f.BoolVar(&c.AnnounceServices, "announce-services", c.AnnounceServices, "Tell clients the addresses of Services that select one Redis pod each and carry the label "+k8s.LabelMaster+".")
	f.DurationVar(&c.APIGrace, "api-grace", c.APIGrace, "How long the API server may be unreachable, or refuse what answers depend on, before this replica is not ready any more.")
	f.StringVar(&c.Bind, "bind", c.Bind, "Address to listen on for Sentinel clients; empty listens on all.")
	f.StringVar(&c.BindSource, "bind-source-addr", c.BindSource, "Address that connections to Redis come from; empty leaves it to the system.")
	f.DurationVar(&c.ClientIdleTimeout, "client-idle-timeout", c.ClientIdleTimeout, "How long a client that listens to no events may ask nothing before its connection is closed; 0: for ever.")
	f.BoolVar(&c.DebugCommands, "enable-debug-commands", c.DebugCommands, "Allow SENTINEL SIMULATE-FAILURE, which ends the leader's process; for tests only.")
	f.StringVar(&c.ClusterDomain, "cluster-domain", c.ClusterDomain, "What the names told by --announce-hostnames end with, such as cluster.local; empty leaves it to the clients' resolver.")
	f.StringVar(&c.HTTPBind, "http-bind", c.HTTPBind, "Address to listen on for /metrics, /healthz and /readyz; empty listens on all.")
	f.IntVar(&c.HTTPPort, "http-port", c.HTTPPort, "Port of /metrics, /healthz and /readyz.")
	c.flags(f)
	f.StringVar(&c.Kubeconfig, "kubeconfig", c.Kubeconfig, "File with the access to Kubernetes; empty uses KUBECONFIG or the pod's ServiceAccount.")
	f.DurationVar(&c.Lease.Duration, "lease-duration", c.Lease.Duration, "How long the other replicas wait for a leader that answers them but does not renew its Lease, in whole seconds.")
	f.StringVar(&c.LeasePrefix, "lease-prefix", c.LeasePrefix, "What the names of all Leases begin with; two installations in a namespace need two.")
	f.DurationVar(&c.Lease.RenewDeadline, "lease-renew-deadline", c.Lease.RenewDeadline, "When a leader that can't renew its Lease gives up; less than lease-duration.")
	f.DurationVar(&c.Lease.RetryPeriod, "lease-retry-period", c.Lease.RetryPeriod, "The pause between two attempts to get or renew the leader Lease.")
	f.StringVar(&c.LogFormat, "log-format", c.LogFormat, "How to write logs: text or json.")
	f.StringVar(&c.LogLevel, "log-level", c.LogLevel, "What to log: error, warn, info, debug or trace.")
	f.IntVar(&c.MaxClients, "maxclients", c.MaxClients, "How many clients may be connected to the Sentinel port at once.")
	f.StringVar(&c.Namespace, "namespace", c.Namespace, "Namespace of the Redis pods and of this service.")
	f.StringVar(&c.PeerSelector, "peer-selector", c.PeerSelector, "Label selector that finds the pods of this service, for SENTINEL SENTINELS.")
	f.StringVar(&c.PodIP, "pod-ip", c.PodIP, "IP of this pod, as clients and the other replicas know it.")
	f.StringVar(&c.PodName, "pod-name", c.PodName, "Name of this pod; it identifies this replica in the leader Lease.")
	f.StringVar(&c.PodUID, "pod-uid", c.PodUID, "UID of this pod; SENTINEL MYID is derived from it.")
	f.IntVar(&c.Port, "port", c.Port, "Port to listen on for Sentinel clients; 0 for none, with --tls-port.")
	f.BoolVar(&c.ProtectedMode, "protected-mode", c.ProtectedMode, "Let Sentinel clients only ask and listen that have not logged in with a password and do not connect from within the pod.")
	f.StringVar(&c.Selector, "selector", c.Selector, "Label selector for Redis pods beside the label "+k8s.LabelMaster+".")
	f.BoolVar(&c.WatchNodes, "watch-nodes", c.WatchNodes, "Let a master leave a cordoned node before it is evicted; needs a ClusterRole to get, list and watch nodes.")
	f.DurationVar(&c.ShutdownDelay, "shutdown-delay", c.ShutdownDelay, "How long clients are still answered after SIGTERM, by a replica that is not ready and does not lead any more.")
	f.DurationVar(&c.ShutdownGrace, "shutdown-grace", c.ShutdownGrace, "How long a graceful stop may take after that.")
	return f
}

// podEnv are the names of the downward API that most charts use.
var podEnv = map[string]string{"pod-name": "POD_NAME", "pod-ip": "POD_IP", "pod-uid": "POD_UID", "namespace": "POD_NAMESPACE"}

// ReadEnv fills flags that were not given from the environment, and the secrets
// REDIS_SENTINEL_K8S_REQUIREPASS and REDIS_SENTINEL_K8S_REDIS_PASSWORD.
func (c *Config) ReadEnv(flags *pflag.FlagSet, lookup func(string) (string, bool)) error {
	var wrong []error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed {
			return
		}
		for _, name := range []string{envName(f.Name), podEnv[f.Name]} {
			if value, ok := lookup(name); ok && name != "" && value != "" {
				if err := flags.Set(f.Name, value); err != nil {
					wrong = append(wrong, fmt.Errorf("%s: %w", name, err))
				}
				return
			}
		}
	})
	for name, to := range map[string]*string{"requirepass": &c.RequirePass, "redis-password": &c.RedisPassword} {
		if value, ok := lookup(envName(name)); ok {
			*to = value
		}
	}
	return errors.Join(wrong...)
}

func envName(flag string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Validate tells all mistakes at once, each with its flag, value and what is allowed.
func (c *Config) Validate() error {
	var wrong []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf(format, args...))
		}
	}
	port := func(name string, value int) {
		check(value >= 1 && value <= 65535, "--%s %d: want 1 to 65535", name, value)
	}
	address := func(name, value string) {
		check(value == "" || net.ParseIP(value) != nil, "--%s %q: want an IP address, or nothing", name, value)
	}
	check(c.Port >= 0 && c.Port <= 65535, "--port %d: want 1 to 65535, or 0 with --tls-port", c.Port)
	port("http-port", c.HTTPPort)
	check(c.Port != c.HTTPPort || c.Bind != c.HTTPBind, "--port and --http-port are both %d: want two", c.Port)
	c.validateSecurity(check)
	address("bind", c.Bind)
	address("bind-source-addr", c.BindSource)
	address("http-bind", c.HTTPBind)
	address("pod-ip", c.PodIP)
	check(c.MaxClients >= 1 && c.MaxClients <= 1_000_000, "--maxclients %d: want 1 to 1000000", c.MaxClients)
	check(c.ClientIdleTimeout == 0 || c.ClientIdleTimeout >= leastIdle, "--client-idle-timeout %s: want %s or more, or 0", c.ClientIdleTimeout, leastIdle)
	check(slices.Contains([]string{"text", "json"}, c.LogFormat), "--log-format %q: want text or json", c.LogFormat)
	_, err := logrus.ParseLevel(c.LogLevel)
	check(err == nil, "--log-level %q: want error, warn, info, debug or trace", c.LogLevel)
	check(c.APIGrace > 0, "--api-grace %s: want more than 0", c.APIGrace)
	check(c.ShutdownDelay >= 0, "--shutdown-delay %s: want 0 or more", c.ShutdownDelay)
	check(c.ShutdownGrace > 0, "--shutdown-grace %s: want more than 0", c.ShutdownGrace)
	if err := c.kubernetes(logrus.New()).Validate(); err != nil {
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// kubernetes is the part that package k8s needs.
func (c *Config) kubernetes(log logrus.FieldLogger) k8s.Options {
	return k8s.Options{
		Namespace: c.Namespace, Selector: c.Selector, LeasePrefix: c.LeasePrefix, PeerSelector: c.PeerSelector,
		AnnounceHostnames: c.AnnounceHostnames, AnnounceServices: c.AnnounceServices, ClusterDomain: c.ClusterDomain, WatchNodes: c.WatchNodes,
		PodName: c.PodName, SentinelPort: c.announced(), Lease: c.Lease, Log: log,
	}
}
