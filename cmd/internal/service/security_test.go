package service

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"
)

func TestValidateTellsWhatDoesNotFitTogether(t *testing.T) {
	for _, test := range []struct {
		change func(*Config)
		say    []string
	}{
		{func(c *Config) { c.Port = 0 }, []string{"--port and --tls-port are both 0"}},
		{func(c *Config) { c.TLSPort = c.Port }, []string{"--port and --tls-port are both 26379", "want --tls-cert-file", "want --tls-ca-cert-file"}},
		{func(c *Config) { c.TLSPort, c.TLSAuthClients = 70000, "maybe" }, []string{"--tls-port 70000", `--tls-auth-clients "maybe"`}},
		{func(c *Config) { c.TLSKeyFile = "x" }, []string{"want --tls-port"}},
		{func(c *Config) { c.RedisCAFile, c.RedisCertFile = "x", "y" }, []string{"want --redis-tls", "want both or neither"}},
		{func(c *Config) { c.RedisTLS = true }, []string{"want --redis-ca-file"}},
		{func(c *Config) { c.RequirePass, c.RequirePassFile = "x", "y" }, []string{"--requirepass-file and REDIS_SENTINEL_K8S_REQUIREPASS"}},
		{func(c *Config) { c.RedisPassword, c.RedisPasswordFile = "x", "y" }, []string{"--redis-password-file and REDIS_SENTINEL_K8S_REDIS_PASSWORD"}},
		{func(c *Config) { c.RedisUsername = "x" }, []string{`--redis-username "x": want a password`}},
	} {
		c := valid()
		test.change(&c)
		err := c.Validate()
		for _, say := range test.say {
			if err == nil || !strings.Contains(err.Error(), say) {
				t.Errorf("%v does not tell %q", err, say)
			}
		}
	}
	c := valid()
	c.Port, c.TLSPort, c.TLSCertFile, c.TLSKeyFile, c.TLSAuthClients = 0, 26379, "a", "b", "no"
	c.RedisTLS, c.RedisCAFile, c.RedisUsername, c.RedisPasswordFile = true, "c", "d", "e"
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if c.announced() != 26379 {
		t.Errorf("port %d is told, want the one there is", c.announced())
	}
}

// TestReadSecretsTellsAllMistakes: none of the files is there.
func TestReadSecretsTellsAllMistakes(t *testing.T) {
	c := valid()
	c.TLSPort, c.TLSCertFile, c.TLSKeyFile = 1, "missing.crt", "missing.key"
	c.RedisTLS, c.RedisCAFile, c.RedisPasswordFile = true, "missing.ca", "missing.password"
	_, err := readSecrets(c)
	for _, file := range []string{"missing.crt", "missing.ca", "missing.password"} {
		if err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%v does not name %s", err, file)
		}
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPasswordOfRedis(t *testing.T) {
	path := filepath.Join(t.TempDir(), "password")
	write(t, path, "first\n")
	l, err := newLogin("", "", path)
	if err != nil {
		t.Fatal(err)
	}
	want := func(passwords ...string) {
		t.Helper()
		if have := l.passwords("anywhere"); strings.Join(have, " ") != strings.Join(passwords, " ") {
			t.Errorf("have %v, want %v", have, passwords)
		}
	}
	want("first")
	for range 2 { // the second reading finds nothing new
		write(t, path, "second\r\n")
		if err := l.reload(); err != nil {
			t.Fatal(err)
		}
		want("second", "first")
	}
	for _, bad := range []string{"", "\n", "two\nlines"} {
		write(t, path, bad)
		if err := l.reload(); err == nil {
			t.Errorf("%q was taken as a password", bad)
		}
		want("second", "first")
	}
}

// TestFollow looks at a folder as Kubernetes mounts a Secret: the files are links
// into another folder, which is exchanged as a whole.
func TestFollow(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	exchange := func(version, text string) {
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, version, "file"), text)
		if err := os.Symlink(version, filepath.Join(dir, "next")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(dir, "next"), filepath.Join(dir, "data")); err != nil {
			t.Fatal(err)
		}
	}
	exchange("v1", "same")
	if err := os.Symlink(filepath.Join("data", "file"), path); err != nil {
		t.Fatal(err)
	}
	log, said := test.NewNullLogger()
	reads, wrong := 0, error(nil)
	w := (&watchedFiles{what: "the file", paths: []string{path}, reload: func() error { reads++; return wrong }}).begin()
	look := func(want int, why string) {
		t.Helper()
		w.look(log)
		if reads != want {
			t.Errorf("%s: read %d times, want %d", why, reads, want)
		}
	}
	look(0, "nothing has changed")
	exchange("v2", "SAME")
	look(1, "exchanged")
	look(1, "nothing has changed since")
	wrong = errors.New("no good")
	exchange("v3", "same")
	look(2, "exchanged for a bad one")
	look(3, "still bad")
	if warned := count(said, logrus.WarnLevel); warned != 1 || w.failed == "" {
		t.Errorf("%d warnings, want one; failed %q", warned, w.failed)
	}
	wrong = nil
	look(4, "good again")
	look(4, "and nothing has changed")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	look(4, "gone")
	if w.failed == "" {
		t.Error("a file that is gone is no failure")
	}
}

func count(said *test.Hook, level logrus.Level) (n int) {
	for _, entry := range said.AllEntries() {
		if entry.Level == level {
			n++
		}
	}
	return n
}

func TestFollowEnds(t *testing.T) {
	var stale atomic.Int64
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		follow(t.Context(), nil, &stale, logrus.New())
	}()
	t.Cleanup(func() { // the context has ended by now
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			t.Error("it goes on")
		}
	})
}
