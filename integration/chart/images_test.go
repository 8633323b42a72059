package chart_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestScriptsFindTheirClient: the scripts of a container work in an image that only has
// Valkey's names. The stand-in tells how it was called, and answers as a replica in sync.
func TestScriptsFindTheirClient(t *testing.T) {
	for _, program := range []string{"redis-cli", "valkey-cli"} {
		bin := t.TempDir()
		script := "#!/bin/sh\necho \"$REDISCLI_AUTH $*\" >> \"$CALLS\"\necho role:slave master_link_status:up\n"
		if err := os.WriteFile(filepath.Join(bin, program), []byte(script), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, tool := range []string{"sh", "cat", "date", "sleep"} {
			path, err := exec.LookPath(tool)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(path, filepath.Join(bin, tool)); err != nil {
				t.Fatal(err)
			}
		}
		redis := container(t, render(t, "dev", nil).statefulSets["dev-redis-cache"].Spec.Template.Spec, "redis")
		for name, command := range scripts(redis) {
			calls := filepath.Join(t.TempDir(), "calls")
			cmd := exec.Command(filepath.Join(bin, "sh"), command[1:]...)
			cmd.Env = []string{"PATH=" + bin, "POD_IP=10.0.0.1", "CALLS=" + calls}
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%s with %s: %v %s", name, program, err, out)
			}
			if told, err := os.ReadFile(calls); err != nil || !strings.Contains(string(told), " -h 10.0.0.1 -p 6379 ") {
				t.Errorf("%s with %s: called with %q (%v)", name, program, told, err)
			}
		}
	}
}

// scripts are what a kubelet runs within Redis' container.
func scripts(redis corev1.Container) map[string][]string {
	return map[string][]string{
		"startup": redis.StartupProbe.Exec.Command, "liveness": redis.LivenessProbe.Exec.Command,
		"readiness": redis.ReadinessProbe.Exec.Command, "preStop": redis.Lifecycle.PreStop.Exec.Command,
	}
}
