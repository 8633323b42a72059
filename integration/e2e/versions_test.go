package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	agent "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

// TestVersionsBeside: the service is upgraded from an earlier commit, replica by replica,
// and gone back. The leader is replaced last, so that each version leads beside replicas of
// the other one. In every state options are set at each replica, masters are switched and
// crash: nothing is lost, nothing is forgotten, and neither version complains of what the
// other one wrote.
func TestVersionsBeside(t *testing.T) {
	m := installEarlier(t)
	m.works(t, "before")
	for _, binary := range []string{m.later, m.earlier} {
		for _, pod := range m.leaderLast() {
			m.replace(pod, binary)
			m.works(t, m.state())
		}
	}
	for _, l := range m.loads {
		l.end()
		if lost := l.lost(t.Context(), t, node(t, m.settled(3))); lost > 0 {
			t.Errorf("%d of %d acknowledged writes lost", lost, l.count())
		}
		m.acked += l.count()
	}
	m.complaints()
	t.Logf("%d acknowledged writes, 0 lost; %d options set, %d masters switched, %d crashed; gaps at a switch: %s",
		m.acked, m.sets, m.switches, m.crashes, m.gaps)
}

// mixed is a release whose service is of two versions.
type mixed struct {
	*release
	earlier, later string // binaries
	link           string // what a container of the service starts
	runs           map[string]string

	loads                          []*load
	gaps                           figures
	sets, switches, crashes, acked int
}

func installEarlier(t *testing.T) *mixed {
	t.Helper()
	later, err := filepath.Abs("../../bin/redis-sentinel-k8s")
	if err != nil {
		t.Fatal(err)
	}
	m := &mixed{earlier: buildEarlier(t), later: later, link: filepath.Join(t.TempDir(), "redis-sentinel-k8s"), runs: map[string]string{}}
	m.point(t, m.earlier)
	// A kubelet would wait for longer after each of the many crashes.
	m.release = installOn(t, cluster.Options{Service: m.link, Restarts: []agent.Restarts{agent.AtOnce}}, cluster.Values{
		"redis": cluster.Values{"resources": cluster.Values{"limits": cluster.Values{"memory": "4Gi"}}}, // nothing is evicted
	})
	for pod := range m.replicas() {
		m.runs[pod] = m.earlier
	}
	m.settled(3)
	m.loads = append(m.loads, startLoad(t, m.client(), "w"))
	return m
}

// point lets containers that start from now on run a binary.
func (m *mixed) point(t *testing.T, binary string) {
	t.Helper()
	_ = os.Remove(m.link)
	if err := os.Symlink(binary, m.link); err != nil {
		t.Fatal(err)
	}
}

// replicas are the pods of the service with their Sentinel ports.
func (m *mixed) replicas() map[string]string {
	m.t.Helper()
	pods := m.ReadyPods(m.t, 2*time.Minute, m.namespace, cluster.ServiceSelector(m.name), 3)
	addrs := map[string]string{}
	for name, pod := range pods {
		addrs[name] = pod.Status.PodIP + ":26379"
	}
	return addrs
}

func (m *mixed) leads() string {
	m.t.Helper()
	var pod string
	cluster.Eventually(m.t, 30*time.Second, "a leader", func(ctx context.Context) (err error) {
		pod, err = m.leader(ctx)
		return err
	})
	return pod
}

func (m *mixed) leaderLast() []string {
	m.t.Helper()
	leader := m.leads()
	pods := slices.Sorted(maps.Keys(m.replicas()))
	return append(slices.DeleteFunc(pods, func(pod string) bool { return pod == leader }), leader)
}

// replace lets a replica of the service go, and another one come that runs a binary.
func (m *mixed) replace(pod, binary string) {
	m.t.Helper()
	m.point(m.t, binary)
	m.MustKubectl(m.t, "delete", "pod", pod, "-n", m.namespace)
	delete(m.runs, pod)
	for name := range m.replicas() {
		if m.runs[name] == "" {
			m.runs[name] = binary
		}
		process, err := m.Agent.Process(m.namespace, name, "sentinel")
		if err != nil {
			m.t.Fatal(err)
		}
		exe, err := os.Readlink(fmt.Sprintf("/proc/%d/exe", process.PID))
		if err != nil || exe != m.runs[name] {
			m.t.Fatalf("%s runs %s (%v), want %s", name, exe, err, m.runs[name])
		}
	}
}

func (m *mixed) state() string {
	leads, earlier := "this version", 0
	for _, binary := range m.runs {
		if binary == m.earlier {
			earlier++
		}
	}
	if m.runs[m.leads()] == m.earlier {
		leads = "the earlier version"
	}
	return fmt.Sprintf("%d of 3 are of the earlier version, and %s leads", earlier, leads)
}

// works does in this state all that a service is for.
func (m *mixed) works(t *testing.T, state string) {
	t.Helper()
	began, before := time.Now(), len(m.gaps)
	replicas := m.replicas()
	for _, pod := range slices.Sorted(maps.Keys(replicas)) {
		m.setAt(replicas[pod])
		m.switchAt(replicas[pod])
	}
	m.crash()
	m.keepsOptions()
	m.understood()
	t.Logf("%s: %s; gaps at a switch %s", state, time.Since(began).Round(time.Second), m.gaps[before:])
}

// setAt sets an option of the master, and one of the service, at one replica of it. All
// replicas have them, and what was set before.
func (m *mixed) setAt(addr string) {
	m.t.Helper()
	if m.sets == 0 {
		m.sentinel(addr, "set", "mymaster", "parallel-syncs", "2")
	}
	m.sets++
	m.sentinel(addr, "set", "mymaster", "failover-timeout", fmt.Sprint(180_000+m.sets))
	m.sentinel(addr, "config", "set", "announce-port", "0")
	m.sentinel(addr, "debug", "ask-period", fmt.Sprint(1000+m.sets))
	m.keepsOptions()
}

func (m *mixed) sentinel(addr string, words ...any) {
	m.t.Helper()
	cluster.Eventually(m.t, 20*time.Second, fmt.Sprint("sentinel ", words), func(ctx context.Context) error {
		return node(m.t, addr).Do(ctx, append([]any{"sentinel"}, words...)...).Err()
	})
}

func (m *mixed) keepsOptions() {
	m.t.Helper()
	want := map[string]string{"parallel-syncs": "2", "failover-timeout": fmt.Sprint(180_000 + m.sets)}
	cluster.Eventually(m.t, 20*time.Second, "every replica of the service has the options", func(ctx context.Context) error {
		for pod, addr := range m.replicas() {
			told, err := sentinelAt(m.t, addr).Master(ctx, "mymaster").Result()
			if err != nil {
				return err
			}
			for option, value := range want {
				if told[option] != value {
					return fmt.Errorf("%s tells %s %s, want %s", pod, option, told[option], value)
				}
			}
			periods, err := node(m.t, addr).Do(ctx, "sentinel", "debug").Result()
			if err != nil {
				return err
			}
			words := strings.Fields(strings.NewReplacer(":", " ", "[", " ", "]", " ").Replace(fmt.Sprint(periods)))
			if at := slices.Index(words, "ASK-PERIOD"); at < 0 || words[at+1] != fmt.Sprint(1000+m.sets) {
				return fmt.Errorf("%s tells %v, want ask-period %d", pod, periods, 1000+m.sets)
			}
		}
		return nil
	})
}

// switchAt asks one replica of the service for a failover: one switch, that all tell.
func (m *mixed) switchAt(addr string) {
	m.t.Helper()
	from, epoch, began := m.settled(3), m.epoch(), time.Now()
	var ears []*listener
	for _, one := range m.replicas() {
		ears = append(ears, listen(m.t, one))
	}
	m.sentinel(addr, "failover", "mymaster")
	for _, ear := range ears {
		ear.await(m.t)
	}
	m.moved(from)
	load := m.loads[len(m.loads)-1]
	load.awaitMore(m.t, 200)
	to := m.settled(3)
	if now := m.epoch(); now != epoch+1 {
		m.t.Errorf("epoch %d before the failover, %d after", epoch, now)
	}
	if lost := load.lost(m.t.Context(), m.t, node(m.t, to)); lost > 0 {
		m.t.Fatalf("%d of %d acknowledged writes lost in a planned failover", lost, load.count())
	}
	gap, _ := load.gap(began)
	m.gaps, m.switches = append(m.gaps, gap), m.switches+1
}

// crash kills the master when its replicas have all: so nothing may be lost.
func (m *mixed) crash() {
	m.t.Helper()
	load := m.loads[len(m.loads)-1]
	load.end()
	from := m.settled(3)
	m.received(from)
	m.kill(m.podAt(from))
	m.moved(from)
	if lost := load.lost(m.t.Context(), m.t, node(m.t, m.settled(3))); lost > 0 {
		m.t.Fatalf("%d of %d acknowledged writes lost in a crash", lost, load.count())
	}
	m.crashes++
	m.loads = append(m.loads, startLoad(m.t, m.client(), fmt.Sprint("w", m.crashes)))
}

// received waits until both replicas have what the master has.
func (m *mixed) received(master string) {
	m.t.Helper()
	conn := node(m.t, master).Conn()
	defer conn.Close()
	cluster.Eventually(m.t, 20*time.Second, "two replicas have all", func(ctx context.Context) error {
		if err := conn.Set(ctx, "mark", m.crashes, 0).Err(); err != nil {
			return err
		}
		if n, err := conn.Wait(ctx, 2, time.Second).Result(); err != nil || n < 2 {
			return fmt.Errorf("%d have it (%w)", n, err)
		}
		return nil
	})
}

// understood: no Redis has refused a command of the service.
func (m *mixed) understood() {
	m.t.Helper()
	for _, addr := range m.redisAddrs() {
		stats, err := node(m.t, addr).Info(m.t.Context(), "commandstats").Result()
		if err != nil {
			m.t.Fatal(err)
		}
		for line := range strings.Lines(stats) {
			name, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
			ours := slices.Contains([]string{"cmdstat_replicaof", "cmdstat_slaveof", "cmdstat_config|set", "cmdstat_client|pause", "cmdstat_client|unpause"}, name)
			if ours && !strings.HasSuffix(rest, "rejected_calls=0,failed_calls=0") {
				m.t.Errorf("%s: %s", addr, line)
			}
		}
	}
}

// complaints are what a replica logs of what it cannot read or do.
func (m *mixed) complaints() {
	m.t.Helper()
	files, err := filepath.Glob(filepath.Join(m.Dir, "pods", "*sentinel*", "sentinel", "*.log"))
	if err != nil || len(files) < 9 {
		m.t.Fatalf("logs of %d replicas of the service, want those of 9 (%v)", len(files), err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			m.t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			for _, word := range []string{"UnreadableRecord", "RecordTooNew", "declaration has a mistake", "panic", `"level":"error"`, "level=error"} {
				if strings.Contains(line, word) {
					m.t.Errorf("%s: %s", filepath.Base(file), line)
				}
			}
		}
	}
}
