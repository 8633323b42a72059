package certs_test

import (
	"bufio"
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
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/certs"
)

// files are those that a Secret mounted at dir would have.
func files(dir string) certs.Files {
	return certs.Files{Cert: filepath.Join(dir, "tls.crt"), Key: filepath.Join(dir, "tls.key"), CA: filepath.Join(dir, "ca.crt")}
}

// echo serves TLS connections that repeat lines.
func echo(t *testing.T, config *tls.Config) string {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer func() { _ = conn.Close() }()
				for lines := bufio.NewScanner(conn); lines.Scan(); {
					fmt.Fprintln(conn, lines.Text())
				}
			}()
		}
	}()
	return listener.Addr().String()
}

// speak says a line and wants it back.
func speak(conn net.Conn) error {
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := fmt.Fprintln(conn, "hello"); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && line != "hello\n" {
		err = fmt.Errorf("have %q", line)
	}
	return err
}

// meet connects once. With TLS 1.3 a refused client learns of it when it reads.
func meet(t *testing.T, addr string, config *tls.Config) (net.Conn, error) {
	t.Helper()
	conn, err := tls.Dial("tcp", addr, config)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn, speak(conn)
}

func TestExchangeUnderOpenConnections(t *testing.T) {
	dir := t.TempDir()
	first, second := pki.New(t, "first"), pki.New(t, "second")
	first.Write(dir, "127.0.0.1")
	store, err := certs.Load(files(dir), tls.RequireAndVerifyClientCert)
	if err != nil {
		t.Fatal(err)
	}
	addr := echo(t, store.Server())
	open, err := meet(t, addr, first.Client())
	if err != nil {
		t.Fatal(err)
	}
	ours := store.Client("")
	if _, err := meet(t, addr, ours); err != nil {
		t.Errorf("our own client: %v", err)
	}

	second.Write(dir, "127.0.0.1")
	if err := store.Reload(); err != nil {
		t.Fatal(err)
	}
	if err := speak(open); err != nil {
		t.Errorf("the connection from before: %v", err)
	}
	if _, err := meet(t, addr, first.Client()); err == nil {
		t.Error("the first authority is still believed")
	}
	if _, err := meet(t, addr, second.Client()); err != nil {
		t.Errorf("the second authority: %v", err)
	}
	if _, err := meet(t, addr, ours); err != nil {
		t.Errorf("our own client after the exchange: %v", err)
	}
	if left := time.Until(store.Expires()); left < 11*time.Hour || left > 13*time.Hour {
		t.Errorf("the certificate ends in %s", left)
	}
}

func TestAMistakeChangesNothing(t *testing.T) {
	dir := t.TempDir()
	authority := pki.New(t, "authority")
	authority.Write(dir, "127.0.0.1")
	store, err := certs.Load(files(dir), tls.NoClientCert)
	if err != nil {
		t.Fatal(err)
	}
	addr := echo(t, store.Server())
	for name, text := range map[string]string{"tls.key": "half of a key", "ca.crt": "nothing"} {
		path := filepath.Join(dir, name)
		good, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := store.Reload(); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%v does not name %s", err, path)
		}
		if _, err := meet(t, addr, authority.Believer()); err != nil {
			t.Errorf("with a bad %s: %v", name, err)
		}
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhomAClientBelieves(t *testing.T) {
	dir, elsewhere := t.TempDir(), t.TempDir()
	authority := pki.New(t, "authority")
	authority.Write(dir, "redis.example")
	pki.New(t, "stranger").Write(elsewhere, "redis.example")
	store, err := certs.Load(files(dir), tls.NoClientCert)
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := certs.Load(files(elsewhere), tls.NoClientCert)
	if err != nil {
		t.Fatal(err)
	}
	addr := echo(t, store.Server())
	for _, test := range []struct {
		what   string
		config *tls.Config
		ok     bool
	}{
		{"a pod's IP that the certificate does not name", store.Client(""), true},
		{"the name in the certificate", store.Client("redis.example"), true},
		{"another name", store.Client("other.example"), false},
		{"another authority", stranger.Client(""), false},
	} {
		if _, err := meet(t, addr, test.config); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.what, err)
		}
	}
}

// TestUnfit: a certificate for servers alone is refused by servers that ask for one. Which ones these
// are is what crypto/tls says; a certificate that names no usage at all lacks none.
func TestUnfit(t *testing.T) {
	authority := pki.New(t, "authority")
	for name, test := range map[string]struct {
		usage []x509.ExtKeyUsage
		fit   bool
	}{
		"both":         {[]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}, true},
		"server alone": {[]x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, false},
		"client alone": {[]x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}, true},
		"any":          {[]x509.ExtKeyUsage{x509.ExtKeyUsageAny}, true},
		"none named":   {nil, true},
	} {
		dir := t.TempDir()
		authority.Write(dir, "127.0.0.1")
		cert, key := authority.IssueFor(test.usage, "127.0.0.1")
		for file, text := range map[string][]byte{"tls.crt": cert, "tls.key": key} {
			if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		store, err := certs.Load(files(dir), tls.NoClientCert)
		if err != nil {
			t.Fatal(err)
		}
		said := store.Unfit()
		if (said == "") != test.fit || !test.fit && !strings.Contains(said, "clientAuth") {
			t.Errorf("%s: %q", name, said)
		}
		asking := authority.Client()
		asking.ClientAuth, asking.ClientCAs = tls.RequireAndVerifyClientCert, asking.RootCAs
		if _, err := meet(t, echo(t, asking), store.Client("")); (err == nil) != test.fit {
			t.Errorf("%s: the server says %v", name, err)
		}
	}
}
