package clients

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/pki"
)

// MasterName is what the programs ask for.
const MasterName = "mymaster"

// Variant is how a set and its Sentinels are reached.
type Variant struct {
	Name      string
	Password  bool // on Sentinel and on Redis; the service's port lets the programs do no more than the chart's README recommends
	TLS       bool // on both
	Hostnames bool // are announced
}

// The variants; all scenarios run in the first, crash and switchover in the others.
var (
	Plain     = Variant{Name: "plain"}
	Passwords = Variant{Name: "passwords", Password: true}
	Encrypted = Variant{Name: "tls", TLS: true}
	Named     = Variant{Name: "hostnames", Hostnames: true}
)

// Excuse says why a program cannot run in a variant, empty when it can.
func (v Variant) Excuse(p Program) string {
	needs := []struct {
		needed, can bool
		key         string
	}{
		{v.TLS, p.TLS, "tls"},
		{v.Password, p.SentinelPassword, "sentinel-password"},
		{v.Password, p.RedisPassword, "redis-password"},
		{v.Hostnames, p.Hostnames, "hostnames"},
		{!v.Hostnames, p.Cannot["loopback"] == "", "loopback"},
	}
	for _, n := range needs {
		if n.needed && !n.can {
			if why := p.Cannot[n.key]; why != "" {
				return why
			}
			return "the library has no " + n.key
		}
	}
	return ""
}

const (
	sentinelPassword = "sentinel-secret"
	redisPassword    = "redis-secret"
	overseer         = "overseer" // a user of the service's port who may do everything
	overseerPassword = "overseer-secret"
	redisPort        = 6379
	size             = 3 // of the set, and of the Sentinels
)

// access is what everybody needs to reach a stage of a variant.
type access struct {
	Variant
	dir    string
	subnet int
	// Files of the certificates, and what our own clients trust.
	ca, cert, key string
	trust         *tls.Config
	// wrapper lets a program see names of its own; none but for Hostnames.
	wrapper []string
}

func newAccess(t testing.TB, v Variant, dir string, subnet int) *access {
	t.Helper()
	a := &access{Variant: v, dir: dir, subnet: subnet}
	if v.TLS {
		a.makeCertificates(t)
	}
	if v.Hostnames {
		a.makeHosts(t)
	}
	return a
}

// makeCertificates makes one that is good for every address of the stage.
func (a *access) makeCertificates(t testing.TB) {
	t.Helper()
	names := []string{"localhost", "127.0.0.1"}
	for node := range size {
		for pod := range 9 {
			names = append(names, fmt.Sprintf("127.%d.%d.%d", a.subnet, node+1, pod+1))
		}
	}
	authority := pki.New(t, "clients")
	cert, key := authority.Issue(names...)
	a.ca, a.cert, a.key = a.file(t, "ca.crt", authority.PEM), a.file(t, "tls.crt", cert), a.file(t, "tls.key", key)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority.PEM)
	a.trust = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// makeHosts gives the pods names that only what runs in the wrapper knows: a mount
// of its own over the file of names. Nothing of the computer is changed.
func (a *access) makeHosts(t testing.TB) {
	t.Helper()
	text := strings.Builder{}
	text.WriteString("127.0.0.1 localhost\n")
	for n := range size {
		fmt.Fprintf(&text, "%s %s\n", a.host(n), hostname(n))
	}
	hosts := a.file(t, "hosts", []byte(text.String()))
	a.wrapper = []string{"unshare", "--map-root-user", "--mount", "sh", "-c", `mount --bind "` + hosts + `" /etc/hosts && exec "$@"`, "sh"}
	if os.Getuid() == 0 {
		a.wrapper = append([]string{"unshare"}, a.wrapper[2:]...)
	}
}

func (a *access) file(t testing.TB, name string, text []byte) string {
	t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// host is the address of the n-th Redis, counted from 0; the embedded cluster gives
// the first pod of each node the same.
func (a *access) host(n int) string { return fmt.Sprintf("127.%d.%d.1", a.subnet, n+1) }

// hostname is its name, as a headless Service would give it.
func hostname(n int) string { return fmt.Sprintf("%s-%d.%s.demo.svc", MasterName, n, MasterName) }

// address turns what clients are told into an address.
func (a *access) address(host string) string {
	for n := range size {
		if host == hostname(n) {
			return a.host(n)
		}
	}
	return host
}

// environment is what a program is told.
func (a *access) environment(sentinels []string, master string) []string {
	env := []string{"SENTINELS=" + strings.Join(sentinels, ","), "MASTER=" + master}
	if a.Password {
		env = append(env, "SENTINEL_PASSWORD="+sentinelPassword, "REDIS_PASSWORD="+redisPassword)
	}
	if a.TLS {
		env = append(env, "CA_FILE="+a.ca)
	}
	return env
}

// redisArgs are what every Redis of the variant is started with.
func (a *access) redisArgs() []string {
	var args []string
	if a.Password {
		args = append(args, "--requirepass", redisPassword, "--masterauth", redisPassword)
	}
	if a.TLS {
		args = append(args, "--port", "0", "--tls-port", fmt.Sprint(redisPort), "--tls-replication", "yes",
			"--tls-auth-clients", "no", "--tls-ca-cert-file", a.ca, "--tls-cert-file", a.cert, "--tls-key-file", a.key)
	}
	return args
}

// dial connects to a Redis or a Sentinel.
func (a *access) dial(addr string) (net.Conn, error) {
	dialer := &net.Dialer{Timeout: time.Second}
	if a.trust == nil {
		return dialer.Dial("tcp", addr)
	}
	return tls.DialWithDialer(dialer, "tcp", addr, a.trust)
}
