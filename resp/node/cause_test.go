package node_test

import (
	"context"
	"crypto/tls"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/pki"
	redistest "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
)

// TestCause: what stands between this service and a real Redis, in words.
func TestCause(t *testing.T) {
	authority, dir := pki.New(t, "theirs"), t.TempDir()
	authority.Write(dir, "redis")
	in := func(name string) string { return filepath.Join(dir, name) }
	plain := redistest.Start(t, "127.0.43.41", 6379)
	secret := redistest.Start(t, "127.0.43.42", 6379)
	client := secret.Client()
	defer client.Close()
	if err := client.ConfigSet(t.Context(), "requirepass", "right").Err(); err != nil {
		t.Fatal(err)
	}
	encrypted := redistest.Start(t, "127.0.43.43", 6379, "--tls-port", "6380", "--tls-cert-file", in("tls.crt"), "--tls-key-file", in("tls.key"), "--tls-ca-cert-file", in("ca.crt"))
	silent, err := net.Listen("tcp", "127.0.43.44:6379") // accepts, and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	believer := authority.Believer()
	for _, test := range []struct {
		what, addr, want string
		options          node.Options
	}{
		{"another password", secret.Addr(), "wrong password", node.Options{Password: "wrong"}},
		{"no password", secret.Addr(), "wants a password", node.Options{}},
		{"nobody listens", "127.0.43.49:6379", "connection refused", node.Options{}},
		{"TLS to a plain port", plain.Addr(), "does not speak TLS", node.Options{TLS: believer}},
		{"a stranger's certificate", encrypted.Host + ":6380", "authority that is not known", node.Options{TLS: &tls.Config{RootCAs: pki.New(t, "ours").Believer().RootCAs, ServerName: "redis"}}},
		{"no certificate where one is wanted", encrypted.Host + ":6380", "TLS handshake", node.Options{TLS: believer}},
		{"plain to a port for TLS", encrypted.Host + ":6380", "speaks TLS", node.Options{}},
		{"silence", silent.Addr().String(), "", node.Options{}},
	} {
		host, port, err := net.SplitHostPort(test.addr)
		if err != nil {
			t.Fatal(err)
		}
		number, err := net.LookupPort("tcp", port)
		if err != nil {
			t.Fatal(err)
		}
		patience := 3 * time.Second
		if test.want == "" {
			patience = 500 * time.Millisecond
		}
		test.options.Timeout = patience
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		_, _, err = node.Watch(ctx, sentinel.Addr{Host: host, Port: number}, "probe", test.options)
		cancel()
		got := node.Cause(err)
		if err == nil || (got == "") != (test.want == "") || !strings.Contains(got, test.want) || strings.Contains(got, test.addr) {
			t.Errorf("%s: %q, want %q (%v)", test.what, got, test.want, err)
		}
	}
	if got := node.Cause(nil); got != "" {
		t.Errorf("nothing is wrong: %q", got)
	}
}
