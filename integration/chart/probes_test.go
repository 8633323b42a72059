package chart_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/pki"
	redistest "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

const (
	probedPassword = "a secret"
	probedClients  = 8 // what the server may have
)

// probed is a real server with a password, and what the chart's scripts say of it.
type probed struct {
	t       *testing.T
	host    string
	folder  string // of what a container has mounted
	server  *exec.Cmd
	tls     *tls.Config
	scripts map[string][]string
}

func startProbed(t *testing.T, host string, encrypted bool) *probed {
	t.Helper()
	v := values{"auth": values{"existingSecret": "redis"}}
	if encrypted {
		v["redis"] = values{"tls": values{"enabled": true, "existingSecret": "cert"}}
	}
	p := &probed{t: t, host: host, folder: t.TempDir(), scripts: scripts(redisOf(t, v))}
	for _, folder := range []string{"auth", "tls"} {
		if err := os.Mkdir(filepath.Join(p.folder, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	p.password(probedPassword)
	args := []string{"--bind", host, "--save", "", "--protected-mode", "no", "--requirepass", probedPassword, "--maxclients", "8", "--lua-time-limit", "10"}
	if encrypted {
		authority := pki.New(t, "authority")
		authority.Write(filepath.Join(p.folder, "tls"), host)
		p.tls = authority.Client()
		file := func(name string) string { return filepath.Join(p.folder, "tls", name) }
		args = append(args, "--port", "0", "--tls-port", "6379", "--tls-cert-file", file("tls.crt"), "--tls-key-file", file("tls.key"), "--tls-ca-cert-file", file("ca.crt"))
	}
	p.server = exec.CommandContext(t.Context(), redistest.Binary(t, "redis-server"), args...)
	p.server.Dir = t.TempDir()
	p.server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.end)
	c := p.client()
	redistest.Eventually(t, 30*time.Second, "a server", func() bool { return c.Ping(t.Context()).Err() == nil })
	_ = c.Close()
	return p
}

func (p *probed) client() *redis.Client {
	return redis.NewClient(&redis.Options{Addr: p.host + ":6379", Password: probedPassword, TLSConfig: p.tls, Protocol: 2, MaxRetries: -1})
}

func (p *probed) password(text string) {
	if err := os.WriteFile(filepath.Join(p.folder, "auth", "password"), []byte(text), 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *probed) end() {
	_ = p.server.Process.Kill()
	_ = p.server.Wait()
}

func (p *probed) script(ctx context.Context, name string) *exec.Cmd {
	script := strings.ReplaceAll(p.scripts[name][2], "/etc/redis/", p.folder+"/")
	cmd := exec.CommandContext(ctx, "sh", "-c", script)
	cmd.Env = append(os.Environ(), "POD_IP="+p.host)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// alive is what a kubelet makes of a probe that has so much time.
func (p *probed) alive(within time.Duration) bool {
	ctx, cancel := context.WithTimeout(p.t.Context(), within)
	defer cancel()
	return p.script(ctx, "liveness").Run() == nil
}

// fill takes all connections that the server may have, and returns how to give them back.
func (p *probed) fill() (empty func()) {
	p.t.Helper()
	var held []net.Conn
	empty = func() {
		for _, conn := range held {
			_ = conn.Close()
		}
	}
	p.t.Cleanup(empty)
	redistest.Eventually(p.t, 30*time.Second, "a server that is full", func() bool {
		conn, err := net.Dial("tcp", p.host+":6379")
		if err != nil {
			p.t.Fatal(err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
		if _, err = conn.Read(make([]byte, 100)); errors.Is(err, os.ErrDeadlineExceeded) {
			held = append(held, conn) // nothing is said: it is a client
			return false
		}
		_ = conn.Close()
		return len(held) >= probedClients
	})
	return empty
}

// TestAnyAnswerIsASignOfLife: a server that answers whatever it likes is not ended for that, and
// who does not answer is. An end would empty it, and the next master would be as full.
func TestAnyAnswerIsASignOfLife(t *testing.T) {
	for name, encrypted := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			host := map[bool]string{false: "127.0.10.62", true: "127.0.10.63"}[encrypted]
			p := startProbed(t, host, encrypted)
			const soon = 20 * time.Second
			check := func(what string, want bool, within time.Duration) {
				t.Helper()
				if got := p.alive(within); got != want {
					t.Errorf("%s: alive %v, want %v", what, got, want)
				}
			}
			check("at rest", true, soon)
			p.password("another one")
			check("after a change of the Secret", true, soon)
			p.password("")
			check("with a Secret that is empty", true, soon)
			p.password(probedPassword)
			empty := p.fill()
			for range 5 {
				check("all connections taken", true, soon)
			}
			empty()
			p.busy(func() { check("in a script", true, soon) })
			redistest.Eventually(t, 10*time.Second, "a server at rest", func() bool {
				c := p.client()
				defer c.Close()
				return c.Ping(t.Context()).Err() == nil
			})
			if err := p.server.Process.Signal(syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			redistest.Stopped(t, p.server.Process.Pid)
			check("frozen", false, time.Second)
			p.end()
			check("gone", false, soon)
		})
	}
}

// busy has the server run a script without an end meanwhile.
func (p *probed) busy(meanwhile func()) {
	p.t.Helper()
	c := p.client()
	defer c.Close()
	ended := make(chan error, 1)
	go func() { ended <- c.Eval(context.Background(), "while true do end", nil).Err() }()
	other := p.client()
	defer other.Close()
	redistest.Eventually(p.t, 10*time.Second, "a server that is busy", func() bool {
		return redis.HasErrorPrefix(other.Ping(p.t.Context()).Err(), "BUSY")
	})
	meanwhile()
	redistest.Eventually(p.t, 10*time.Second, "the end of the script", func() bool {
		_ = other.ScriptKill(p.t.Context()).Err()
		select {
		case err := <-ended:
			p.t.Logf("the script has ended: %v", err)
			return true
		default:
			return false
		}
	})
}

// TestPreStopWaitsForWhoDoesNotTell: one that lives and does not tell its role may be the master. It is
// asked again and again, and may go once it is a replica, or is gone.
func TestPreStopWaitsForWhoDoesNotTell(t *testing.T) {
	for name, encrypted := range map[string]bool{"plain": false, "TLS": true} {
		t.Run(name, func(t *testing.T) {
			host := map[bool]string{false: "127.0.10.64", true: "127.0.10.65"}[encrypted]
			p := startProbed(t, host, encrypted)
			c := p.client()
			defer c.Close()
			if err := c.ReplicaOf(t.Context(), "127.0.0.1", "1"); err.Err() != nil {
				t.Fatal(err.Err())
			}
			_ = c.Close()
			empty := p.fill()
			ended, asked := p.preStop()
			redistest.Eventually(t, 30*time.Second, "a question asked again and again", func() bool { return asked() >= 8 })
			select {
			case err := <-ended:
				t.Fatalf("it left a server that did not tell what it is (%v)", err)
			default:
			}
			empty()
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(30 * time.Second):
				t.Error("it waits, though the server says that it is a replica")
			}
			p.end()
			ended, _ = p.preStop()
			select {
			case err := <-ended:
				if err != nil {
					t.Error(err)
				}
			case <-time.After(30 * time.Second):
				t.Error("it waits for a server that is gone")
			}
		})
	}
}

// preStop runs the script with a redis-cli that counts how often it was called.
func (p *probed) preStop() (ended <-chan error, asked func() int) {
	p.t.Helper()
	bin := p.t.TempDir()
	counts := filepath.Join(bin, "counts")
	script := "#!/bin/sh\necho >>" + counts + "\nexec " + redistest.Binary(p.t, "redis-cli") + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(bin, "redis-cli"), []byte(script), 0o700); err != nil {
		p.t.Fatal(err)
	}
	cmd := p.script(p.t.Context(), "preStop")
	cmd.Env = append(cmd.Env, "PATH="+bin+":"+os.Getenv("PATH"))
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	return done, func() int {
		text, _ := os.ReadFile(counts)
		return strings.Count(string(text), "\n")
	}
}
