package e2e

import (
	"context"
	"crypto/tls"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/pki"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/certs"
)

// people may use the Sentinel port of the release under test.
const people = `user default off
user app on >apppass +@connection +@pubsub +role +info +sentinel &*
user guest on >guestpass +@connection +@pubsub &*
`

// secured is a release in which everybody must prove who they are.
type secured struct {
	*release
	authority *pki.Authority
	folder    string // a client's certificate
	password  string // of Redis
}

func installSecured(t *testing.T) *secured {
	t.Helper()
	s := &secured{
		release:   &release{Cluster: cluster.Start(t, cluster.Options{}), t: t, namespace: "test", name: "dev"},
		authority: pki.New(t, "authority"), folder: t.TempDir(), password: "first",
	}
	t.Cleanup(func() {
		if t.Failed() {
			s.dump()
		}
	})
	s.authority.Write(s.folder, "client")
	s.MustKubectl(t, "create", "namespace", s.namespace)
	s.secret("redis", map[string][]byte{"password": []byte(s.password)})
	s.secret("people", map[string][]byte{"users.acl": []byte(people)})
	s.certificate("redis-cert", s.authority)
	s.certificate("sentinel-cert", s.authority)
	encrypted := func(secret string) cluster.Values {
		return cluster.Values{"enabled": true, "existingSecret": secret, "authClients": "yes"}
	}
	s.Install(t, s.namespace, s.name, cluster.Values{
		"auth":     cluster.Values{"existingSecret": "redis"},
		"redis":    cluster.Values{"tls": encrypted("redis-cert")},
		"sentinel": cluster.Values{"tls": encrypted("sentinel-cert"), "acl": cluster.Values{"existingSecret": "people"}},
	})
	s.ready(3)
	return s
}

// secret makes or changes a Secret, and brings it to all pods that mount it.
func (s *secured) secret(name string, data map[string][]byte) {
	s.t.Helper()
	secrets := s.Client.CoreV1().Secrets(s.namespace)
	object := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Data: data}
	_, err := secrets.Update(s.t.Context(), object, metav1.UpdateOptions{})
	if err != nil {
		_, err = secrets.Create(s.t.Context(), object, metav1.CreateOptions{})
	}
	if err != nil {
		s.t.Fatal(err)
	}
	for selector, container := range map[string]string{cluster.RedisSelector(s.name): "redis", cluster.ServiceSelector(s.name): "sentinel"} {
		pods, err := s.Pods(s.t.Context(), s.namespace, selector)
		if err != nil {
			s.t.Fatal(err)
		}
		for pod := range pods {
			if err := s.Agent.Refresh(s.t.Context(), s.namespace, pod, container); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

func (s *secured) certificate(name string, authority *pki.Authority) {
	s.t.Helper()
	cert, key := authority.Issue("dev-redis-cache", "dev-redis-cache-sentinel")
	s.secret(name, map[string][]byte{"tls.crt": cert, "tls.key": key, "ca.crt": authority.PEM})
}

// config is that of a client which reaches pods by IP, as Sentinel clients do.
func (s *secured) config() *tls.Config { return clientConfig(s.t, s.folder) }

func clientConfig(t *testing.T, folder string) *tls.Config {
	t.Helper()
	store, err := certs.Load(certs.Files{
		Cert: filepath.Join(folder, "tls.crt"), Key: filepath.Join(folder, "tls.key"), CA: filepath.Join(folder, "ca.crt"),
	}, tls.NoClientCert)
	if err != nil {
		t.Fatal(err)
	}
	return store.Client("")
}

func (s *secured) sentinel(addr, user, password string, config *tls.Config) *redis.SentinelClient {
	c := redis.NewSentinelClient(&redis.Options{Addr: addr, Username: user, Password: password, TLSConfig: config, MaxRetries: -1})
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// failover is an application's client.
func (s *secured) failover(password string) *redis.Client {
	c := redis.NewFailoverClient(&redis.FailoverOptions{
		MasterName: "mymaster", SentinelAddrs: s.sentinels(), SentinelUsername: "app", SentinelPassword: "apppass",
		Password: password, TLSConfig: s.config(),
	})
	s.t.Cleanup(func() { _ = c.Close() })
	return c
}

// onEach sends a command to every Redis.
func (s *secured) onEach(password string, command ...any) {
	s.t.Helper()
	for _, addr := range s.redisAddrs() {
		c := redis.NewClient(&redis.Options{Addr: addr, Password: password, TLSConfig: s.config()})
		if err := c.Do(s.t.Context(), command...).Err(); err != nil {
			s.t.Fatalf("%v at %s: %v", command[:2], addr, err)
		}
		_ = c.Close()
	}
}

// inSync waits until every replica of the service tells of a master with two good
// replicas.
func (s *secured) inSync() (master string) {
	s.t.Helper()
	cluster.Eventually(s.t, 90*time.Second, "one master and all replicas in sync", func(ctx context.Context) error {
		for _, addr := range s.sentinels() {
			c := s.sentinel(addr, "app", "apppass", s.config())
			m, err := c.Master(ctx, "mymaster").Result()
			if err != nil {
				return err
			}
			replicas, err := c.Replicas(ctx, "mymaster").Result()
			if err != nil {
				return err
			}
			good := slices.DeleteFunc(replicas, func(r map[string]string) bool {
				return r["flags"] != "slave" || r["master-link-status"] != "ok"
			})
			if m["flags"] != "master" || len(good) != 2 {
				return fmt.Errorf("%s: flags %s, %d good replicas", addr, m["flags"], len(good))
			}
			master = m["ip"] + ":" + m["port"]
		}
		return nil
	})
	return master
}

// crash kills the master, and wants the keys and the news of a new one.
func (s *secured) crash(app *redis.Client, news <-chan *redis.Message) {
	s.t.Helper()
	old := s.inSync()
	if err := app.Set(s.t.Context(), "before "+old, "kept", 0).Err(); err != nil {
		s.t.Fatal(err)
	}
	if n, err := app.Do(s.t.Context(), "WAIT", 2, 5000).Int(); err != nil || n != 2 {
		s.t.Fatalf("%d replicas have the key (%v)", n, err)
	}
	s.kill(s.podAt(old))
	select {
	case message := <-news:
		if !strings.Contains(message.Payload, strings.Replace(old, ":", " ", 1)) {
			s.t.Errorf("%s tells %q, want %s replaced", message.Channel, message.Payload, old)
		}
	case <-time.After(30 * time.Second):
		s.t.Fatal("no +switch-master")
	}
	cluster.Eventually(s.t, 30*time.Second, "a write to the new master", func(ctx context.Context) error {
		return app.Set(ctx, "after "+old, "written", 0).Err()
	})
	if kept := app.Get(s.t.Context(), "before "+old).Val(); kept != "kept" {
		s.t.Errorf("after the crash the key is %q", kept)
	}
	s.inSync()
}

// TestSecured: TLS with certificates on both sides, users at the Sentinel port, a
// password of Redis; the master crashes; everything is exchanged while clients are
// connected; and the master crashes again.
func TestSecured(t *testing.T) {
	s := installSecured(t)
	s.inSync()
	app := s.failover("first")
	listener := s.sentinel(s.sentinels()[0], "app", "apppass", s.config())
	pubsub := listener.Subscribe(t.Context(), "+switch-master")
	t.Cleanup(func() { _ = pubsub.Close() })
	if _, err := pubsub.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	news := pubsub.Channel()

	t.Run("who is refused", s.refusals)
	t.Run("redis-cli", s.cli)
	s.crash(app, news)

	t.Run("users are exchanged", s.exchangeUsers)
	t.Run("the certificate is exchanged", s.exchangeCertificate)
	t.Run("the password of Redis is exchanged", func(t *testing.T) { s.exchangePassword(t, app) })
	s.crash(s.failover("second"), news) // on the subscription from the beginning
}

func (s *secured) refusals(t *testing.T) {
	addr := s.sentinels()[0]
	stranger := t.TempDir()
	pki.New(t, "stranger").Write(stranger, "client")
	believer := s.authority.Believer()
	believer.ServerName = "dev-redis-cache-sentinel"
	for what, c := range map[string]*redis.SentinelClient{
		"no TLS":         s.sentinel(addr, "app", "apppass", nil),
		"no certificate": s.sentinel(addr, "app", "apppass", believer),
		"a stranger":     s.sentinel(addr, "app", "apppass", clientConfig(t, stranger)),
		"wrong password": s.sentinel(addr, "app", "wrong", s.config()),
		"user default":   s.sentinel(addr, "", "", s.config()),
		"no right":       s.sentinel(addr, "guest", "guestpass", s.config()),
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if _, err := c.Master(ctx, "mymaster").Result(); err == nil {
			t.Errorf("%s: was answered", what)
		}
		cancel()
	}
}

func (s *secured) cli(t *testing.T) {
	host, port, _ := strings.Cut(s.sentinels()[1], ":")
	out, err := exec.CommandContext(t.Context(), "redis-cli", "-h", host, "-p", port, "--tls",
		"--cacert", filepath.Join(s.folder, "ca.crt"), "--cert", filepath.Join(s.folder, "tls.crt"), "--key", filepath.Join(s.folder, "tls.key"),
		"--user", "app", "--pass", "apppass", "--no-auth-warning", "sentinel", "get-master-addr-by-name", "mymaster").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if told, master := strings.Join(strings.Fields(string(out)), ":"), s.inSync(); told != master {
		t.Errorf("redis-cli is told %s, want %s", told, master)
	}
}

// exchangeUsers takes guest away and gives app another password beside its own. The
// guest who is connected goes, the app who is connected stays.
func (s *secured) exchangeUsers(t *testing.T) {
	addr := s.sentinels()[0]
	guest := s.sentinel(addr, "guest", "guestpass", s.config()).Subscribe(t.Context(), "x")
	defer guest.Close()
	app := s.sentinel(addr, "app", "apppass", s.config()).Subscribe(t.Context(), "x")
	defer app.Close()
	for _, p := range []*redis.PubSub{guest, app} {
		if _, err := p.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	lines := strings.Replace(people, ">apppass", ">apppass >another", 1)
	s.secret("people", map[string][]byte{"users.acl": []byte(lines[:strings.Index(lines, "user guest")])})
	for _, addr := range s.sentinels() {
		cluster.Eventually(t, 20*time.Second, "the other password at "+addr, func(ctx context.Context) error {
			return s.sentinel(addr, "app", "another", s.config()).Ping(ctx).Err()
		})
	}
	if _, err := guest.ReceiveTimeout(t.Context(), 5*time.Second); err == nil || strings.Contains(err.Error(), "timeout") {
		t.Errorf("the guest is still connected: %v", err)
	}
	if err := app.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if answer, err := app.ReceiveTimeout(t.Context(), 5*time.Second); err != nil {
		t.Errorf("the app's connection: %v %v", answer, err)
	}
}

// exchangeCertificate lets another authority sign for the Sentinel port.
func (s *secured) exchangeCertificate(t *testing.T) {
	second := pki.New(t, "second")
	folder := t.TempDir()
	second.Write(folder, "client")
	open := s.sentinel(s.sentinels()[2], "app", "apppass", s.config()).Subscribe(t.Context(), "x")
	defer open.Close()
	if _, err := open.Receive(t.Context()); err != nil {
		t.Fatal(err)
	}
	exchange := func(authority *pki.Authority, config *tls.Config) {
		s.certificate("sentinel-cert", authority)
		for _, addr := range s.sentinels() {
			cluster.Eventually(t, 20*time.Second, "the other certificate at "+addr, func(ctx context.Context) error {
				return s.sentinel(addr, "app", "apppass", config).Ping(ctx).Err()
			})
		}
	}
	exchange(second, clientConfig(t, folder))
	if err := s.sentinel(s.sentinels()[0], "app", "apppass", s.config()).Ping(t.Context()).Err(); err == nil {
		t.Error("who believes the first authority only is still served")
	}
	if err := open.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := open.ReceiveTimeout(t.Context(), 5*time.Second); err != nil {
		t.Errorf("the connection from before: %v", err)
	}
	exchange(s.authority, s.config())
}

// exchangePassword does what the chart's README says, with a client that writes all
// the time and must not notice, and a server that crashes in the middle.
func (s *secured) exchangePassword(t *testing.T, app *redis.Client) {
	s.onEach("first", "ACL", "SETUSER", "default", ">second")
	s.secret("redis", map[string][]byte{"password": []byte("second")})
	s.onEach("first", "CONFIG", "SET", "masterauth", "second")
	replica := s.redisAddrs()
	replica = slices.DeleteFunc(replica, func(addr string) bool { return addr == s.inSync() })
	s.kill(s.podAt(replica[0])) // starts anew and knows the second one only
	cluster.Eventually(t, 30*time.Second, "the restarted replica with the second password", func(ctx context.Context) error {
		c := redis.NewClient(&redis.Options{Addr: replica[0], Password: "second", TLSConfig: s.config(), MaxRetries: -1})
		defer c.Close()
		return c.Ping(ctx).Err()
	})
	s.inSync()
	if err := app.Set(t.Context(), "during", "x", 0).Err(); err != nil {
		t.Errorf("the client with the first password: %v", err)
	}
	s.onEach("second", "ACL", "SETUSER", "default", ">second")
	for _, addr := range s.redisAddrs() {
		c := redis.NewClient(&redis.Options{Addr: addr, Password: "second", TLSConfig: s.config()})
		if err := c.Do(t.Context(), "ACL", "SETUSER", "default", "<first").Err(); err != nil && addr != replica[0] {
			t.Error(err)
		}
		_ = c.Close()
	}
	s.ready(3) // by probes that use the second one
	s.inSync()
}
