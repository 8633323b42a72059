package clients

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/sirupsen/logrus"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

// service is this project: the demo's cluster, with three processes of the service.
type service struct {
	*access
	t       testing.TB
	rules   string // of who uses the Sentinel port
	ports   ports
	cluster *embedded.Cluster
	gates   gates
}

// RaiseService gives a function that runs a set under the service's binary. Where there are
// passwords, rules are those of the user that the programs are at the Sentinel port.
func RaiseService(binary, rules string) func(testing.TB, Variant, string) *Stage {
	return func(t testing.TB, v Variant, dir string) *Stage {
		t.Helper()
		subnet, release, err := node.LockSubnet()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(release)
		s := &service{access: newAccess(t, v, dir, subnet), t: t, rules: rules, ports: portsOf(subnet), gates: gates{filepath.Join(dir, "gates"), t}}
		s.start(binary)
		return raise(t, s.access, s, s.ports)
	}
}

func (s *service) start(binary string) {
	s.t.Helper()
	redis, err := exec.LookPath("redis-server")
	s.must(err)
	s.must(os.MkdirAll(s.gates.dir, 0o700))
	log := logrus.New()
	log.SetOutput(io.Discard)
	if out, err := process.LogFile(filepath.Join(s.dir, "agent.log")); err == nil {
		s.t.Cleanup(func() { _ = out.Close() })
		log.SetOutput(out)
	}
	flags := s.flags()
	s.cluster, err = embedded.Start(s.t.Context(), embedded.Options{
		Masters: []string{MasterName}, Replicas: size - 1, SentinelPorts: s.ports.public[:], RedisPort: redisPort,
		RedisServer: s.gates.around(redis, "--bind"), RedisArgs: s.redisArgs(),
		ServiceBinary: s.gates.around(binary, "--pod-name"),
		ServiceFlags: func(r embedded.Replica) []string {
			return append(flags, s.listens(s.hidden(r.Port))...)
		},
		Subnet: s.subnet, Dir: s.dir, Log: log,
	})
	s.must(err)
	s.t.Cleanup(func() {
		if err := s.cluster.Stop(); err != nil {
			s.t.Error(err)
		}
	})
}

// flags are those of all replicas in this variant.
func (s *service) flags() []string {
	flags := []string{"--log-level", "info"}
	if s.Password {
		users := fmt.Sprintf("user default on >%s %s\nuser %s on >%s +@all &*\n", sentinelPassword, s.rules, overseer, overseerPassword)
		flags = append(flags, "--acl-file", s.file(s.t, "users.acl", []byte(users)),
			"--redis-password-file", s.file(s.t, "redis-password", []byte(redisPassword)))
	}
	if s.TLS {
		flags = append(flags, "--redis-tls", "--redis-ca-file", s.ca)
	}
	if s.Hostnames {
		flags = append(flags, "--announce-hostnames")
	}
	return flags
}

// listens says where a replica listens: behind the proxy.
func (s *service) listens(port int) []string {
	if s.TLS {
		return []string{
			"--port", "0", "--tls-port", fmt.Sprint(port), "--tls-auth-clients", "no",
			"--tls-cert-file", s.cert, "--tls-key-file", s.key,
		}
	}
	return []string{"--port", fmt.Sprint(port)}
}

func (s *service) login() (user, password string) { return overseer, overseerPassword }

// hidden is the port behind a public one.
func (s *service) hidden(public int) int { return public + size }

func (s *service) targets() []string {
	var addrs []string
	for _, port := range s.ports.hidden {
		addrs = append(addrs, local(port))
	}
	return addrs
}

// kill keeps the successor away; back lets it start.
func (s *service) kill(host string) {
	s.t.Helper()
	s.gates.shut(host)
	pods, err := s.cluster.Pods(s.t.Context(), MasterName)
	s.must(err)
	for _, pod := range pods {
		if pod.Address == fmt.Sprintf("%s:%d", host, redisPort) {
			killed(s.t, pod.PID)
			return
		}
	}
	s.t.Fatalf("no Redis pod at %s", host)
}

func (s *service) back(host, _ string) { s.gates.open(host) }

func (s *service) stays() bool { return false }

func sentinelPod(n int) string { return fmt.Sprintf("sentinel-%d", n) }

func (s *service) killSentinel(n int) {
	s.t.Helper()
	s.gates.shut(sentinelPod(n))
	running, err := s.cluster.Agent().Process(embedded.Namespace, sentinelPod(n), embedded.ServiceContainer)
	s.must(err)
	killed(s.t, running.PID)
}

func (s *service) startSentinel(n int) { s.gates.open(sentinelPod(n)) }

func (s *service) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}
