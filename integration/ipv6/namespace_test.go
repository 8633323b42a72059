package ipv6

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// inside says that this process has a network namespace of its own.
const inside = "IPV6_NETWORK_NAMESPACE"

// TestMain runs everything in a namespace of its own, where these addresses are nobody's. A
// computer that lets nobody make one cannot run it; under CI=true that is a failure.
func TestMain(m *testing.M) {
	if os.Getenv(inside) != "" {
		if err := setUp(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(m.Run())
	}
	probe := apart("true")
	if err := probe.Run(); err != nil && os.Getenv("CI") != "true" {
		fmt.Fprintln(os.Stderr, "SKIP: no network namespace:", err)
		return
	}
	run := apart(os.Args[0], os.Args[1:]...)
	run.Env = append(os.Environ(), inside+"=yes")
	run.Stdout, run.Stderr = os.Stdout, os.Stderr
	err := run.Run()
	if ended, is := errors.AsType[*exec.ExitError](err); is {
		os.Exit(ended.ExitCode())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "no network namespace:", err)
		os.Exit(1)
	}
}

// apart has a namespace, and who is not root the rights of root within it.
func apart(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	return cmd
}

// setUp gives the loopback the addresses of the pods, and takes IPv4 from it but for
// 127.0.0.1, which every pod has.
func setUp() error {
	lines := []string{"ip link set lo up"}
	for host := 1; host <= hosts; host++ {
		lines = append(lines, fmt.Sprintf("ip -6 addr add %s::%d/128 dev lo nodad", network, host))
	}
	for _, line := range lines {
		words := strings.Fields(line)
		if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", line, err, out)
		}
	}
	return nil
}
