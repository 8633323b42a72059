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
// this service at different times. It is not told to an address where the new one was
// taken, as long as connections to it come about: what refuses it there is not what took it.
type login struct {
	user string
	path string // "" when the password never changes

	mu       sync.Mutex
	password string
	former   string
	took     map[string]bool // addresses where password was taken, once there is a former one
}

// tookMost bounds what is remembered of addresses. It is more than there are pods.
const tookMost = 10_000

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
		l.password, l.former, l.took = password, l.password, make(map[string]bool)
	}
	return nil
}

// passwords are what to try at an address, in this order.
func (l *login) passwords(addr string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.former == "" || l.took[addr] {
		return []string{l.password}
	}
	return []string{l.password, l.former}
}

// note takes how an attempt with a password ended that was not refused.
func (l *login) note(addr, password string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.former == "":
	case err != nil:
		delete(l.took, addr) // another process may come up there, with the Secret as it was
	case password == l.password && len(l.took) < tookMost:
		l.took[addr] = true
	}
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
		password, ok := untried(d.login.passwords(addr.String()), tried)
		if !ok {
			return none, sentinel.Snapshot{}, refusal
		}
		tried[password] = true
		d.options.Password = password
		conn, first, err := open(ctx, addr, name, d.options)
		if err == nil || !refused(err) {
			d.login.note(addr.String(), password, err)
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
