package machine

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const patience = 30 * time.Second

var dir string

// TestMain runs everything in namespaces of its own. The test that kills such a program
// needs it twice: see TestKilledProgramLeavesNothing.
func TestMain(m *testing.M) {
	if err := Possible(); err != nil && os.Getenv("CI") != "true" {
		fmt.Fprintln(os.Stderr, "not tried:", err)
		os.Exit(0)
	}
	dir = Inside(Options{})
	if os.Getenv(victim) != "" {
		bePrey()
	}
	os.Exit(m.Run())
}

func plan(n int) Plan {
	name := fmt.Sprintf("m%d", n)
	return Plan{
		Name: name, Dir: filepath.Join(dir, name),
		Address: netip.MustParsePrefix(fmt.Sprintf("10.201.0.%d/24", 10+n)),
		Routes:  map[netip.Prefix]netip.Addr{netip.MustParsePrefix("0.0.0.0/0"): netip.MustParseAddr("10.201.0.1")},
		Disk:    map[string]string{"/var/lib/thing": "thing"},
		Shadows: map[string]string{"/proc/sys/kernel/panic": "7\n"},
		Sysctls: map[string]string{"net/ipv4/ip_forward": "1"},
	}
}

func TestMachines(t *testing.T) {
	network, err := NewSwitch(netip.MustParsePrefix("10.201.0.1/24"))
	if err != nil {
		t.Fatal(err)
	}
	one, two := mustBoot(t, network, 1), mustBoot(t, network, 2)

	t.Run("a machine has its own name, processes, kernel settings and cgroup", func(t *testing.T) {
		for command, want := range map[string]string{
			"hostname": "m1", "cat /proc/1/cmdline": "machine-m1\x00", "cat /proc/sys/kernel/panic": "7",
			"cat /proc/sys/net/ipv4/ip_forward": "1", "grep memory: /proc/self/cgroup": ":/\n",
		} {
			if got := run(t, one, command); !strings.Contains(got, want) {
				t.Errorf("%s: %q, want %q in it", command, got, want)
			}
		}
		if now, err := os.ReadFile("/proc/sys/kernel/panic"); err != nil || string(now) == "7\n" {
			t.Errorf("the computer's own setting is %q: %v", now, err)
		}
	})
	t.Run("a command that fails says why", func(t *testing.T) {
		_, err := one.Run(t.Context(), "sh", "-c", "echo because >&2; exit 3")
		if err == nil || !strings.Contains(err.Error(), "exit code 3: because") {
			t.Errorf("%v", err)
		}
	})
	t.Run("a cable can be pulled", func(t *testing.T) {
		serve(t, two)
		reached(t, true)
		if err := two.Unplug(); err != nil {
			t.Fatal(err)
		}
		reached(t, false)
		if err := two.Plug(); err != nil {
			t.Fatal(err)
		}
		reached(t, true)
	})
	t.Run("its memory can be filled, and nobody else notices", func(t *testing.T) {
		if err := two.Start(t.Context(), "quiet", "sleep", "60"); err != nil {
			t.Fatal(err)
		}
		if err := two.FillMemory(t.Context(), 64<<20); err != nil {
			t.Fatal(err)
		}
		if used, err := two.Memory(); err != nil || used > 64<<20 {
			t.Errorf("%d bytes are used afterwards: %v", used, err)
		}
		run(t, two, "pidof sleep")
	})
	t.Run("what is written to its disk is there after a crash, and nothing else", func(t *testing.T) {
		run(t, one, "touch /var/lib/thing/kept /var/lib/lost")
		if err := one.Start(t.Context(), "sleeper", "sleep", "60"); err != nil {
			t.Fatal(err)
		}
		pids, err := one.Pids("")
		if err != nil || len(pids) != 2 {
			t.Fatalf("processes %v: %v", pids, err)
		}
		if err := one.Kill(); err != nil {
			t.Fatal(err)
		}
		for _, pid := range pids {
			if syscall.Kill(pid, 0) == nil {
				t.Errorf("process %d outlived its machine", pid)
			}
		}
		one = mustBoot(t, network, 1)
		run(t, one, "test -e /var/lib/thing/kept")
		run(t, one, "test ! -e /var/lib/lost")
	})
}

func mustBoot(t *testing.T, network *Switch, n int) *Machine {
	t.Helper()
	m, err := Boot(t.Context(), network, plan(n))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Kill(); err != nil {
			t.Error(err)
		}
	})
	return m
}

func run(t *testing.T, m *Machine, command string) string {
	t.Helper()
	out, err := m.Run(t.Context(), "sh", "-c", command)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// serve lets the second machine answer on a port.
func serve(t *testing.T, m *Machine) {
	t.Helper()
	script := `use IO::Socket::INET; $s = IO::Socket::INET->new(LocalPort => 7000, Listen => 5, ReuseAddr => 1) or die; while ($c = $s->accept) { print $c "hello\n"; close $c }`
	if err := m.Start(t.Context(), "greeter", "perl", "-e", script); err != nil {
		t.Fatal(err)
	}
}

// reached waits until the port answers, or does not.
func reached(t *testing.T, want bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.DialTimeout("tcp", "10.201.0.12:7000", 300*time.Millisecond)
		if err == nil {
			_ = conn.Close()
		}
		if (err == nil) == want {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("reached is not %v: %v", want, err)
		}
	}
}

// victim tells a second program of this kind to boot a machine and to wait for its end.
const victim = "REALNODES_TEST_VICTIM"

func bePrey() {
	network, err := NewSwitch(netip.MustParsePrefix("10.201.0.1/24"))
	if err == nil {
		_, err = Boot(context.Background(), network, plan(1))
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println(dir)
	select {}
}
