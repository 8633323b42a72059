package chart_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	redistest "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// TestPasswordIsHidden: neither the environment nor a command line has it, which others on
// the node, and who describes a pod, can read.
func TestPasswordIsHidden(t *testing.T) {
	for _, placement := range []string{"deployment", "sidecar"} {
		o := render(t, "dev", secure(placement))
		c := container(t, o.statefulSets["dev-redis-cache"].Spec.Template.Spec, "redis")
		for _, env := range c.Env {
			if env.ValueFrom != nil && env.ValueFrom.SecretKeyRef != nil || strings.Contains(env.Value, "PASSWORD") {
				t.Errorf("%s: %s has it in its environment", placement, env.Name)
			}
		}
		if line := strings.Join(c.Args, " "); strings.Contains(line, "requirepass") || c.Args[0] != "/run/redis/password.conf" {
			t.Errorf("%s: want it in a file that Redis reads first: %s", placement, line)
		}
	}
}

// TestPasswordOfAnySpelling: what the chart's own command writes is what Redis takes, in
// both directions: from clients, and to its master.
func TestPasswordOfAnySpelling(t *testing.T) {
	c := container(t, render(t, "dev", values{"auth": values{"existingSecret": "redis"}}).statefulSets["dev-redis-cache"].Spec.Template.Spec, "redis")
	for _, test := range []struct{ password, end string }{
		{"simple", "\n"},
		{"simple", ""},
		{"simple", "\n\n"},
		{"simple", "\r\n"},
		{`with "quotes" and \backslash\`, "\n"},
		{`it's $HOME #hash \n \x41 %s`, "\r\n"},
		{"pässwörd", ""},
	} {
		password := test.password
		dir := t.TempDir()
		for _, folder := range []string{"data", "auth", "run"} {
			if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, "auth", "password"), []byte(password+test.end), 0o600); err != nil {
			t.Fatal(err)
		}
		here := strings.NewReplacer("/data", dir+"/data", "/etc/redis/auth", dir+"/auth", "/run/redis", dir+"/run")
		cmd := exec.CommandContext(t.Context(), "sh", "-c", here.Replace(c.Command[2]), redistest.Binary(t, "redis-server"), here.Replace(c.Args[0]), "--bind", "127.0.10.61")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		client := redis.NewClient(&redis.Options{Addr: "127.0.10.61:6379", Password: password, Protocol: 2})
		redistest.Eventually(t, 10*time.Second, "redis-server takes "+password, func() bool { return client.Ping(t.Context()).Err() == nil })
		if got, err := client.ConfigGet(t.Context(), "masterauth").Result(); err != nil || got["masterauth"] != password {
			t.Errorf("%s: to its master it would say %q (%v)", password, got, err)
		}
		for name, command := range scripts(c) {
			probe := exec.CommandContext(t.Context(), "sh", "-c", here.Replace(command[2]))
			probe.Env = append(os.Environ(), "POD_IP=127.0.10.61")
			if out, err := probe.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%q with %q at its end: %s: %v %s", password, test.end, name, err, out)
			}
		}
		_ = client.Close()
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait()
	}
}

// TestEmptyPasswordIsRefused: Redis would take it for none, and let everybody in.
func TestEmptyPasswordIsRefused(t *testing.T) {
	c := container(t, render(t, "dev", values{"auth": values{"existingSecret": "redis"}}).statefulSets["dev-redis-cache"].Spec.Template.Spec, "redis")
	dir := t.TempDir()
	for _, folder := range []string{"data", "auth", "run"} {
		if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for _, text := range []string{"", "\n", "\r\n"} {
		if err := os.WriteFile(filepath.Join(dir, "auth", "password"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		here := strings.NewReplacer("/data", dir+"/data", "/etc/redis/auth", dir+"/auth", "/run/redis", dir+"/run")
		out, err := exec.CommandContext(t.Context(), "sh", "-c", here.Replace(c.Command[2]), "echo", "started").CombinedOutput()
		if err == nil || !strings.Contains(string(out), "is empty") || strings.Contains(string(out), "started") {
			t.Errorf("%q: %v %s", text, err, out)
		}
	}
}
