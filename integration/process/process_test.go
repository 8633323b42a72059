package process_test

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

// TestMain lets the test binary play the parent that dies.
func TestMain(m *testing.M) {
	if os.Getenv("PROCESS_TEST_PARENT") != "" {
		child, err := process.Start(process.Spec{Path: "sleep", Args: []string{"60"}})
		if err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString(strconv.Itoa(child.PID()) + "\n")
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	}
	os.Exit(m.Run())
}

func TestExitCodes(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -9 $$": 137, "kill -TERM $$": 143} {
		p, err := process.Start(process.Spec{Path: "sh", Args: []string{"-c", script}})
		if err != nil {
			t.Fatal(err)
		}
		<-p.Done()
		if got := p.ExitCode(); got != want {
			t.Errorf("%s: exit code %d, want %d", script, got, want)
		}
	}
}

func TestKillEndsTheWholeGroup(t *testing.T) {
	out := &bytes.Buffer{}
	file, err := process.LogFile(t.TempDir() + "/out")
	if err != nil {
		t.Fatal(err)
	}
	p, err := process.Start(process.Spec{Path: "sh", Args: []string{"-c", "sleep 60 & echo $!; wait"}, Out: file})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		text, _ := os.ReadFile(file.Name())
		out.Reset()
		out.Write(text)
		return strings.HasSuffix(out.String(), "\n")
	})
	grandchild, err := strconv.Atoi(strings.TrimSpace(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool { return !alive(grandchild) })
}

func TestChildDiesWithItsParent(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "PROCESS_TEST_PARENT=1")
	out, _ := cmd.Output() // it kills itself: an error is certain
	child, err := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil {
		t.Fatalf("the parent said %q", out)
	}
	waitFor(t, func() bool { return !alive(child) })
}

// alive says whether the process exists and is more than an unreaped entry.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 5 s")
		}
	}
}
