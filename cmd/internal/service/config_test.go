package service

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

func valid() Config {
	c := Defaults()
	c.PodName = "a-pod"
	return c
}

func TestDefaultsAreValid(t *testing.T) {
	c := valid()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if !c.ProtectedMode {
		t.Error("whoever reaches the Sentinel port may change everything")
	}
}

func TestValidateTellsAllMistakes(t *testing.T) {
	c := valid()
	c.Port, c.HTTPPort, c.Bind, c.LogLevel, c.LogFormat, c.MaxClients = -1, 70000, "localhost", "loud", "xml", -1
	c.BindSource, c.ClientIdleTimeout = "eth0", time.Second
	c.Namespace, c.LeasePrefix, c.Selector = "", "Bad_", "a in"
	c.Lease.Duration, c.APIGrace = 1500*time.Millisecond, -time.Second
	c.ShutdownDelay, c.ShutdownGrace = -2*time.Second, 0
	err := c.Validate()
	if err == nil {
		t.Fatal("nothing was refused")
	}
	for _, part := range []string{
		"--port -1", "--http-port 70000", `--bind "localhost"`, `--bind-source-addr "eth0"`, `--log-level "loud"`, `--log-format "xml"`, "--maxclients -1", "--client-idle-timeout 1s",
		"namespace", "Bad_", "a in", "1.5s", "--api-grace -1s", "--shutdown-delay -2s", "--shutdown-grace 0s",
	} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not tell %q", err, part)
		}
	}
}

func TestEnvironmentFillsWhatNoFlagSays(t *testing.T) {
	c := Defaults()
	flags := c.Flags()
	if err := flags.Parse([]string{"--port", "7000"}); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"REDIS_SENTINEL_K8S_PORT": "8000", "REDIS_SENTINEL_K8S_LOG_LEVEL": "debug", "POD_NAME": "a-pod",
		"REDIS_SENTINEL_K8S_POD_IP": "10.0.0.1", "POD_IP": "10.0.0.2", "REDIS_SENTINEL_K8S_REQUIREPASS": "secret",
	}
	err := c.ReadEnv(flags, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err != nil {
		t.Fatal(err)
	}
	if c.Port != 7000 || c.LogLevel != "debug" || c.PodName != "a-pod" || c.PodIP != "10.0.0.1" || c.RequirePass != "secret" {
		t.Errorf("%+v", c)
	}
	env = map[string]string{"REDIS_SENTINEL_K8S_HTTP_PORT": "many"}
	err = c.ReadEnv(flags, func(name string) (string, bool) { v, ok := env[name]; return v, ok })
	if err == nil || !strings.Contains(err.Error(), "REDIS_SENTINEL_K8S_HTTP_PORT") {
		t.Errorf("%v does not name the variable", err)
	}
}

// TestReadmeNamesEveryFlag keeps the README's table complete.
func TestReadmeNamesEveryFlag(t *testing.T) {
	text, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	c := Defaults()
	flags := c.Flags()
	flags.VisitAll(func(f *pflag.Flag) {
		if !strings.Contains(string(text), "| `--"+f.Name+"` |") {
			t.Errorf("README.md does not describe --%s", f.Name)
		}
		if !strings.HasSuffix(f.Usage, ".") {
			t.Errorf("the help text of --%s is no sentence", f.Name)
		}
	})
}
