package service

import (
	"context"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/certs"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/resp/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/sentinel/monitor"
)

// login is the name and password that Redis wants. A password that has been replaced
// is still tried after the new one was refused: a new Secret reaches the servers and
// this service at different times.
type login struct {
	user string
	path string // "" when the password never changes

	mu       sync.Mutex
	password string
	former   string
}

func newLogin(user, password, path string) (*login, error) {
	l := &login{user: user, password: password, path: path}
	if path == "" {
		return l, nil
	}
	return l, l.reload()
}

// reload reads the file; after an error the last password stays.
func (l *login) reload() error {
	if l.path == "" {
		return nil
	}
	password, err := readSecret(l.path)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if password != l.password {
		l.password, l.former = password, l.password
	}
	return nil
}

// passwords are what to try, in this order.
func (l *login) passwords() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.former == "" {
		return []string{l.password}
	}
	return []string{l.password, l.former}
}

// readSecret reads a file of one line.
func readSecret(path string) (string, error) {
	text, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return "", err
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" || strings.ContainsAny(secret, "\r\n") {
		return "", fmt.Errorf("%s: want one line", path)
	}
	return secret, nil
}

// dialer opens connections to data nodes, with the secrets of this moment.
type dialer struct {
	login   *login
	options node.Options
}

// newDialer reaches nodes from an address of this machine; nil leaves it to the system.
func newDialer(login *login, redisTLS *certs.Store, serverName string, source net.IP) dialer {
	d := dialer{login: login, options: node.Options{Username: login.user, Source: source}}
	if redisTLS != nil {
		d.options.TLS = redisTLS.Client(serverName)
	}
	return d
}

// dial is a monitor.Dialer.
func (d dialer) dial(ctx context.Context, addr sentinel.Addr, name string) (monitor.Conn, sentinel.Snapshot, error) {
	conn, first, err := loggedIn(ctx, d, addr, name, node.Dial)
	if err != nil {
		return nil, first, err // not the nil *Conn: an interface that holds it is not nil
	}
	return conn, first, nil
}

// watch is a monitor.Watcher.
func (d dialer) watch(ctx context.Context, addr sentinel.Addr, name string) (monitor.Pulse, sentinel.Snapshot, error) {
	conn, first, err := loggedIn(ctx, d, addr, name, node.Watch)
	if err != nil {
		return nil, first, err
	}
	return conn, first, nil
}

// loggedIn tries the passwords that are known. When Redis wants another one, the file is
// read again at once: it may have changed since it was last looked at.
func loggedIn[C any](ctx context.Context, d dialer, addr sentinel.Addr, name string,
	open func(context.Context, sentinel.Addr, string, node.Options) (C, sentinel.Snapshot, error),
) (none C, _ sentinel.Snapshot, _ error) {
	tried := map[string]bool{}
	var refusal error
	for {
		password, ok := untried(d.login.passwords(), tried)
		if !ok {
			return none, sentinel.Snapshot{}, refusal
		}
		tried[password] = true
		d.options.Password = password
		conn, first, err := open(ctx, addr, name, d.options)
		if err == nil || !refused(err) {
			return conn, first, err
		}
		if refusal == nil {
			refusal = err
			if err := d.login.reload(); err != nil {
				return none, first, fmt.Errorf("%w, and its password cannot be read: %w", refusal, err)
			}
		}
	}
}

func untried(passwords []string, tried map[string]bool) (string, bool) {
	for _, password := range passwords {
		if !tried[password] {
			return password, true
		}
	}
	return "", false
}

// refused tells that Redis wants another password.
func refused(err error) bool {
	return redis.HasErrorPrefix(err, "WRONGPASS ") || redis.HasErrorPrefix(err, "NOAUTH ")
}
