package machine

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestKilledProgramLeavesNothing starts this program anew, kills it without a warning while
// a machine is up, and looks for what is left of it.
func TestKilledProgramLeavesNothing(t *testing.T) {
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = append(slices.DeleteFunc(os.Environ(), isRole), victim+"=yes")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	made := strings.TrimSpace(line)
	if err != nil || !filepath.IsAbs(made) {
		t.Fatalf("it says %q: %v", line, err)
	}
	if left := remains(t, made); len(left) == 0 {
		t.Fatal("nothing is there while it runs")
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		left := remains(t, made)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("left behind: %q", left)
		}
	}
}

// remains lists the folder, the cgroups, the processes and the mounts of a program.
func remains(t *testing.T, dir string) (left []string) {
	t.Helper()
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		left = append(left, dir)
	}
	own, err := hierarchies()
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range own {
		if _, err := os.Stat(groupOf(dir).path(h)); !errors.Is(err, fs.ErrNotExist) {
			left = append(left, groupOf(dir).path(h))
		}
	}
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, process := range processes {
		env, err := os.ReadFile(filepath.Join(process, "environ"))
		if err == nil && strings.Contains(string(env), dirVariable+"="+dir+"\x00") {
			left = append(left, process)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for mount := range strings.Lines(string(mounts)) {
		if strings.Contains(mount, dir) {
			left = append(left, fmt.Sprintf("mount %s", mount))
		}
	}
	return left
}
