package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
	redistest "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// TestMain lets the test binary be the demo.
func TestMain(m *testing.M) {
	if os.Getenv("DEMO_TEST_RUN") != "" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// running is a demo in a process of its own.
type running struct {
	*testing.T
	layout
	process *process.Process
}

// launch starts a demo with --json on free ports and waits for its line.
func launch(t *testing.T, args ...string) *running {
	t.Helper()
	redistest.Binary(t, "redis-server")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	port := otherPort(config{sentinels: 3})
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := process.Start(process.Spec{
		Path: self, Args: append(args, "--json", "--port", strconv.Itoa(port)),
		Env: append(os.Environ(), "DEMO_TEST_RUN=1", "TMPDIR="+t.TempDir()), Out: write,
	})
	if closed := write.Close(); err == nil {
		err = closed
	}
	if err != nil {
		t.Fatal(err)
	}
	r := &running{T: t, process: p}
	ready, ended := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() {
		_ = p.Kill()
		<-ended
		_ = read.Close()
	})
	go func() {
		defer close(ended)
		r.follow(bufio.NewScanner(read), ready)
	}()
	select {
	case <-ready:
	case <-ended:
		t.Fatal("the demo ended without its line of JSON")
	case <-time.After(time.Minute):
		t.Fatal("not ready within a minute")
	}
	return r
}

// follow finds the line of JSON; all others go to the test's log.
func (r *running) follow(lines *bufio.Scanner, ready chan<- struct{}) {
	for lines.Scan() {
		if json.Unmarshal(lines.Bytes(), &r.layout) == nil {
			close(ready)
			continue
		}
		r.Log(lines.Text())
	}
}

func (r *running) client(addr string) *redis.Client {
	client := redis.NewClient(&redis.Options{Addr: addr, DisableIdentity: true})
	r.Cleanup(func() { _ = client.Close() })
	return client
}

// children are the processes that the demo has started and that still run.
func (r *running) children() []int {
	r.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		r.Fatal(err)
	}
	var found []int
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, after, _ := strings.Cut(string(text), ") ")
		if f := strings.Fields(after); len(f) > 1 && f[0] != "Z" && f[1] == strconv.Itoa(r.process.PID()) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			found = append(found, pid)
		}
	}
	return found
}

func isAlive(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(text), ") Z ")
}

// endedBy ends the demo and sees that no process is left.
func (r *running) endedBy(signal syscall.Signal, code int) {
	r.Helper()
	pids := r.children()
	if want := len(r.Masters) * len(r.Masters[0].Pods); len(pids) != want {
		r.Errorf("%d processes run, want %d", len(pids), want)
	}
	if err := r.process.Signal(signal); err != nil {
		r.Fatal(err)
	}
	select {
	case <-r.process.Done():
	case <-time.After(15 * time.Second):
		r.Fatalf("not ended 15 s after %s", signal)
	}
	if got := r.process.ExitCode(); got != code {
		r.Errorf("exit code %d after %s, want %d", got, signal, code)
	}
	for _, pid := range pids {
		redistest.Eventually(r, 5*time.Second, fmt.Sprintf("end of process %d", pid), func() bool { return !isAlive(pid) })
	}
}

func TestDemo(t *testing.T) {
	r := launch(t)
	if len(r.Sentinels) != 3 || len(r.Masters) != 1 || len(r.Masters[0].Pods) != 3 || r.Masters[0].Name != "mymaster" {
		t.Fatalf("layout %+v, want 3 Sentinels and mymaster with 3 pods", r.layout)
	}
	var old pod
	for _, p := range r.Masters[0].Pods {
		if p.Role == "master" {
			old = p
		}
	}
	var heard []<-chan *redis.Message
	for _, addr := range r.Sentinels {
		r.seesAll(addr, old.Address)
		subscription := r.client(addr).Subscribe(t.Context(), "+switch-master")
		if _, err := subscription.Receive(t.Context()); err != nil {
			t.Fatal(err)
		}
		heard = append(heard, subscription.Channel())
	}
	const keys = 1000
	master := r.client(old.Address)
	for i := range keys {
		if err := master.Set(t.Context(), fmt.Sprint("key", i), i, 0).Err(); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := master.Wait(t.Context(), 2, 5*time.Second).Result(); err != nil || n != 2 {
		t.Fatalf("%d replicas have the keys (%v), want 2", n, err)
	}
	if err := syscall.Kill(old.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	next := r.allHear(heard, old.Address)
	r.comesBack(old, next, keys)
	for _, addr := range r.Sentinels {
		r.seesAll(addr, next)
	}
	r.endedBy(syscall.SIGTERM, 0)
}

// seesAll waits until a Sentinel sees the master, two replicas in sync, and the
// two other Sentinels at their own ports.
func (r *running) seesAll(addr, master string) {
	r.Helper()
	client := redis.NewSentinelClient(&redis.Options{Addr: addr, DisableIdentity: true})
	defer client.Close()
	redistest.Eventually(r, 20*time.Second, "all at "+addr, func() bool {
		m, err := client.Master(r.Context(), "mymaster").Result()
		if err != nil {
			return false
		}
		replicas, err := client.Replicas(r.Context(), "mymaster").Result()
		return err == nil && m["ip"]+":"+m["port"] == master && m["flags"] == "master" && count(replicas, "master-link-status", "ok") == 2
	})
	peers, err := client.Sentinels(r.Context(), "mymaster").Result()
	if err != nil {
		r.Fatal(err)
	}
	others := map[string]bool{}
	for _, peer := range peers {
		others[peer["ip"]+":"+peer["port"]] = true
	}
	for _, other := range r.Sentinels {
		if others[other] == (other == addr) {
			r.Errorf("%s lists the other Sentinels %v", addr, others)
		}
	}
}

// allHear waits for +switch-master at every Sentinel and returns the new master.
func (r *running) allHear(heard []<-chan *redis.Message, old string) string {
	r.Helper()
	next := ""
	for i, channel := range heard {
		select {
		case message := <-channel:
			f := strings.Fields(message.Payload)
			if len(f) != 5 || f[1]+":"+f[2] != old || next != "" && next != f[3]+":"+f[4] {
				r.Fatalf("%s says %q, want a switch from %s to %s", r.Sentinels[i], message.Payload, old, next)
			}
			next = f[3] + ":" + f[4]
		case <-time.After(10 * time.Second):
			r.Fatalf("%s: no +switch-master within 10 s", r.Sentinels[i])
		}
	}
	return next
}

// comesBack waits until the killed pod is a replica with all keys, as another
// process at the same address.
func (r *running) comesBack(old pod, master string, keys int64) {
	r.Helper()
	redistest.Eventually(r, 20*time.Second, old.Name+" as a replica with all keys", func() bool {
		from, has, ok := isInSync(r.Context(), old.Address)
		return ok && from == master && has == keys
	})
	info, err := r.client(old.Address).InfoMap(r.Context(), "server").Result()
	if err != nil {
		r.Fatal(err)
	}
	if pid := info["Server"]["process_id"]; pid == strconv.Itoa(old.PID) {
		r.Errorf("%s still runs as process %s, which was killed", old.Name, pid)
	}
}

func TestKilledDemoLeavesNothing(t *testing.T) {
	r := launch(t, "--masters", "2", "--replicas", "1")
	if len(r.Masters) != 2 || r.Masters[1].Name != "mymaster2" || len(r.Masters[1].Pods) != 2 {
		t.Errorf("layout %+v, want mymaster and mymaster2 with 2 pods each", r.layout)
	}
	r.endedBy(syscall.SIGKILL, 137)
}

func TestPreflight(t *testing.T) {
	redistest.Binary(t, "redis-server")
	c := config{masters: 1, sentinels: 3, port: otherPort(config{sentinels: 3})}
	taken := redistest.Start(t, "127.0.0.1", c.port+1)
	_, err := preflight(c)
	if err == nil || !strings.Contains(err.Error(), taken.Addr()+" is taken") || !strings.Contains(err.Error(), "--port ") {
		t.Errorf("with a taken port: %v, want its address and --port", err)
	}
	t.Setenv("PATH", t.TempDir())
	_, err = preflight(c)
	for _, want := range []string{"sudo apt-get install redis-server", "is taken"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without redis-server and with a taken port: %v, want %q in it", err, want)
		}
	}
	if _, err := exec.LookPath("redis-server"); err == nil {
		t.Error("redis-server was found all the same: the test is worth nothing")
	}
}
