package conformance

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

const (
	stopSignal = syscall.SIGSTOP
	contSignal = syscall.SIGCONT
)

// process is a redis-sentinel of a story.
type process struct{ cmd *exec.Cmd }

func (p *process) signal(t *testing.T, signal syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
}

// startStorySentinel starts one that watches the stories' master at common settings,
// but quicker.
func startStorySentinel(t *testing.T, host string) *process {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "sentinel.conf")
	config := fmt.Sprintf("bind %s\nport %d\nsentinel announce-ip %s\n", host, sentinelPort, host) +
		monitored("mymaster", storyMaster, 2) + "sentinel down-after-milliseconds mymaster 2000\nsentinel failover-timeout mymaster 10000\n"
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command("redis-sentinel", path)}
	p.cmd.Dir, p.cmd.SysProcAttr = dir, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	until(t, "redis-sentinel at "+host, func(context.Context) bool {
		conn, err := net.Dial("tcp", addr(host, sentinelPort))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
	return p
}
