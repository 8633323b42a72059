package chaos

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// inside says that this process is in a network namespace of its own.
const inside = "CHAOS_NETWORK_NAMESPACE"

// TestMain runs everything in a network namespace of its own, so that cuts concern
// nobody else. Where there is none to have, the same runs without cuts.
func TestMain(m *testing.M) {
	flag.Parse()
	if testing.Short() || os.Getenv(inside) != "" {
		if os.Getenv(inside) != "" {
			if err := setUp(); err != nil {
				fmt.Fprintln(os.Stderr, "network namespace:", err)
				os.Exit(1)
			}
		}
		os.Exit(m.Run())
	}
	if err := possible(); err != nil {
		if os.Getenv("CI") == "true" {
			fmt.Fprintln(os.Stderr, "no network namespace:", err)
			os.Exit(1)
		}
		fmt.Fprintln(os.Stderr, "no network namespace, so no cuts:", err)
		os.Exit(m.Run())
	}
	os.Exit(again())
}

// possible tries what setUp needs.
func possible() error {
	for _, tool := range []string{"nft", "ip"} {
		if _, err := exec.LookPath(tool); err != nil {
			return err
		}
	}
	probe := exec.Command("nft", "add", "table", "ip", "cut")
	probe.SysProcAttr = apart()
	if out, err := probe.CombinedOutput(); err != nil {
		return fmt.Errorf("nft: %w: %s", err, out)
	}
	return nil
}

// again runs this program once more, inside, and returns its exit code.
func again() int {
	cmd := exec.Command(os.Args[0], os.Args[1:]...) // this very program
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), inside+"=yes")
	cmd.SysProcAttr = apart()
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	// The tests end in order when they are told to, and so do we.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s)
		}
	}()
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() < 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return cmd.ProcessState.ExitCode()
}

// apart makes a network namespace, and the rights within it for who is not root. It
// sets no death signal: that would come with the end of a thread of ours.
func apart() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if os.Geteuid() != 0 {
		a.Cloneflags |= syscall.CLONE_NEWUSER
		a.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	return a
}

// setUp brings the loopback up. The API server wants an address that is not
// 127.0.0.1 on the interface of the default route; this one is for documentation.
func setUp() error {
	for _, line := range []string{
		"ip link set lo up",
		"ip addr add 192.0.2.1/32 dev lo",
		"ip route add default dev lo src 192.0.2.1",
		"nft add table ip cut",
		"nft add chain ip cut out { type filter hook output priority 0 ; policy accept ; }",
	} {
		if err := shell(line); err != nil {
			return err
		}
	}
	return nil
}

func shell(line string) error {
	words := strings.Fields(line)
	if out, err := exec.Command(words[0], words[1:]...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", line, err, strings.TrimSpace(string(out)))
	}
	return nil
}

// networked says whether cuts are possible.
func networked() bool { return os.Getenv(inside) != "" }

// cut drops what goes from one address to another and back, until all is mended. An
// empty address is any.
func cut(one, other string) error {
	for _, pair := range [][2]string{{one, other}, {other, one}} {
		rule := "nft add rule ip cut out"
		if pair[0] != "" {
			rule += " ip saddr " + pair[0]
		}
		if pair[1] != "" {
			rule += " ip daddr " + pair[1]
		}
		if err := shell(rule + " drop"); err != nil {
			return err
		}
	}
	return nil
}

// reject answers what goes from one address to another as the kernel does where nobody
// listens, until all is mended.
func reject(from, to string) error {
	return shell("nft add rule ip cut out ip saddr " + from + " ip daddr " + to + " meta l4proto tcp reject with tcp reset")
}

func mend() error { return shell("nft flush chain ip cut out") }
