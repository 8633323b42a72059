package clients

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

// trio is the oracle: three real Sentinels over a real set. Their down-after and
// failover-timeout are short, so that the matrix ends today, and one master can fail
// twice in a minute.
type trio struct {
	*access
	t         testing.TB
	ports     ports
	redis     [size]*process.Process
	sentinels [size]*process.Process
}

// RaiseOracle runs a set under real Sentinels.
func RaiseOracle(t testing.TB, v Variant, dir string) *Stage {
	t.Helper()
	subnet, release, err := node.LockSubnet()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	o := &trio{access: newAccess(t, v, dir, subnet), t: t, ports: portsOf(subnet)}
	t.Cleanup(o.end)
	for n := range size {
		o.startRedis(n, o.host(0))
	}
	for n := range size {
		o.configure(n)
		o.startSentinel(n)
	}
	return raise(t, o.access, o, o.ports)
}

// announced is what everybody is told of the n-th Redis.
func (o *trio) announced(n int) string {
	if o.Hostnames {
		return hostname(n)
	}
	return o.host(n)
}

func (o *trio) startRedis(n int, master string) {
	host := o.host(n)
	args := []string{
		"redis-server", "--bind", host, "--bind-source-addr", host, "--port", fmt.Sprint(redisPort), "--protected-mode", "no",
		"--save", "", "--appendonly", "no", "--repl-diskless-sync-delay", "0", "--replica-announce-ip", o.announced(n),
	}
	args = append(args, o.redisArgs()...)
	if master != host {
		args = append(args, "--replicaof", master, fmt.Sprint(redisPort))
	}
	o.redis[n] = o.run(fmt.Sprintf("redis-%d", n), args)
}

// configure writes a Sentinel's file; it keeps what it learns in it.
func (o *trio) configure(n int) {
	lines := []string{
		"protected-mode no", "sentinel announce-ip 127.0.0.1", fmt.Sprintf("sentinel announce-port %d", o.ports.public[n]),
	}
	if o.Hostnames {
		lines = append(lines, "sentinel resolve-hostnames yes", "sentinel announce-hostnames yes")
	}
	lines = append(lines, fmt.Sprintf("sentinel monitor %s %s %d 2", MasterName, o.announced(0), redisPort))
	for option, value := range map[string]int{"down-after-milliseconds": 1000, "failover-timeout": 3000} {
		lines = append(lines, fmt.Sprintf("sentinel %s %s %d", option, MasterName, value))
	}
	port := fmt.Sprintf("port %d", o.ports.hidden[n])
	if o.TLS {
		port = fmt.Sprintf("port 0\ntls-port %d\ntls-replication yes\ntls-auth-clients no\ntls-ca-cert-file %s\ntls-cert-file %s\ntls-key-file %s",
			o.ports.hidden[n], o.ca, o.cert, o.key)
	}
	lines = append(lines, port)
	if o.Password {
		lines = append(lines, "requirepass "+sentinelPassword, "sentinel sentinel-pass "+sentinelPassword,
			fmt.Sprintf("sentinel auth-pass %s %s", MasterName, redisPassword))
	}
	o.file(o.t, o.config(n), []byte(strings.Join(lines, "\n")+"\n"))
}

func (o *trio) config(n int) string { return fmt.Sprintf("sentinel-%d.conf", n) }

func (o *trio) startSentinel(n int) {
	o.sentinels[n] = o.run(fmt.Sprintf("sentinel-%d", n), []string{"redis-sentinel", filepath.Join(o.dir, o.config(n))})
}

func (o *trio) run(name string, args []string) *process.Process {
	o.t.Helper()
	out, err := process.LogFile(filepath.Join(o.dir, name+".log"))
	if err != nil {
		o.t.Fatal(err)
	}
	defer out.Close()
	argv := append(append([]string(nil), o.wrapper...), args...)
	p, err := process.Start(process.Spec{Path: argv[0], Args: argv[1:], Dir: o.dir, Out: out})
	if err != nil {
		o.t.Fatal(err)
	}
	return p
}

func (o *trio) targets() []string {
	var addrs []string
	for _, port := range o.ports.hidden {
		addrs = append(addrs, local(port))
	}
	return addrs
}

func (o *trio) login() (user, password string) { return "", sentinelPassword }

func (o *trio) number(host string) int {
	for n := range size {
		if o.host(n) == host {
			return n
		}
	}
	o.t.Fatalf("no Redis at %s", host)
	return 0
}

func (o *trio) kill(host string) { o.must(o.redis[o.number(host)].Kill()) }

func (o *trio) back(host, master string) {
	n := o.number(host)
	o.startRedis(n, o.announced(o.number(master)))
}

func (o *trio) killSentinel(n int) { o.must(o.sentinels[n].Kill()) }

func (o *trio) stays() bool { return true }

func (o *trio) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *trio) end() {
	for _, p := range append(o.sentinels[:], o.redis[:]...) {
		if p != nil {
			_ = p.Kill()
		}
	}
}
