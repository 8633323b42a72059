package node_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

// hasty is a kubelet's way with the shortest back-off that one takes.
var hasty = []node.Restarts{{Look: 50 * time.Millisecond, Most: time.Second}}

// never is how often a node looks at which nobody looks during a test.
const never = 10_000 * time.Hour

// states tells how the container's status went, until it has been restarted so often.
func (b *bench) states(pod *corev1.Pod, restarts int32) []corev1.ContainerStatus {
	b.Helper()
	watch, err := b.client.CoreV1().Pods("default").Watch(b.Context(), metav1.ListOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer watch.Stop()
	b.create(pod)
	var told []corev1.ContainerStatus
	for deadline := time.After(30 * time.Second); ; {
		select {
		case event := <-watch.ResultChan():
			for _, status := range event.Object.(*corev1.Pod).Status.ContainerStatuses {
				told = append(told, status)
				if status.RestartCount >= restarts {
					return told
				}
			}
		case <-deadline:
			b.Fatalf("not restarted %d times within 30 s: %s", restarts, tell(told))
		}
	}
}

func tell(states []corev1.ContainerStatus) string {
	var all []string
	for _, s := range states {
		all = append(all, fmt.Sprintf("%d %s", s.RestartCount, s.State.String()))
	}
	return strings.Join(all, "\n")
}

// TestCrashLoop: a container that ends again and again, be it without an error, is
// restarted as soon as that is noticed the first time, and then rests. The status says so.
func TestCrashLoop(t *testing.T) {
	for _, code := range []int32{0, 3} {
		t.Run(fmt.Sprint("code ", code), func(t *testing.T) {
			b := newBench(t, func(o *node.Options) { o.Restarts = hasty })
			log := filepath.Join(b.dir, "log")
			told := b.states(shell(fmt.Sprintf("date +%%s%%N >>%s; exit %d", log, code)), 3)
			waits := map[int32]int{}
			for _, s := range told {
				w := s.State.Waiting
				if w == nil || w.Reason != "CrashLoopBackOff" {
					continue
				}
				waits[s.RestartCount]++
				if !strings.HasPrefix(w.Message, "back-off 1s restarting failed container=c pod=p_default(") {
					t.Errorf("message %q", w.Message)
				}
				if last := s.LastTerminationState.Terminated; last == nil || last.ExitCode != code || s.Ready {
					t.Errorf("while it waits: last state %v, ready %t; want exit code %d, not ready", last, s.Ready, code)
				}
			}
			if waits[0] > 0 || waits[1] == 0 || waits[2] == 0 {
				t.Errorf("back-offs told after so many restarts: %v, want none after 0, some after 1 and 2:\n%s", waits, tell(told))
			}
			for n, pause := range b.pauses("log") {
				if n > 0 && pause < time.Second {
					t.Errorf("restart %d came %s after the start before, want no sooner than 1 s", n+1, pause)
				}
			}
		})
	}
}

// pauses are the times between the starts of a script that writes them down.
func (b *bench) pauses(file string) []time.Duration {
	b.Helper()
	var starts []int64
	for line := range strings.FieldsSeq(b.file(file)) {
		at, err := strconv.ParseInt(line, 10, 64)
		if err != nil {
			b.Fatal(err)
		}
		starts = append(starts, at)
	}
	var pauses []time.Duration
	for n := range starts[1:] {
		pauses = append(pauses, time.Duration(starts[n+1]-starts[n]))
	}
	return pauses
}

// TestAnEndIsNoticedAtALook: the pod seems to run until the agent looks.
func TestAnEndIsNoticedAtALook(t *testing.T) {
	b := newBench(t, func(o *node.Options) { o.Lag, o.Restarts = time.Millisecond, []node.Restarts{{Look: never}} })
	b.create(shell("sleep 60"))
	b.until("ready", ready)
	pid := b.pid("c")
	if err := b.agent.Signal("default", "p", "c", syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.eventually("gone", func() bool { return syscall.Kill(pid, 0) != nil && b.pid("c") == 0 })
	// What must not come can only be waited for.
	time.Sleep(300 * time.Millisecond)
	pod := b.until("any", func(*corev1.Pod) bool { return true })
	if s := pod.Status.ContainerStatuses[0]; s.State.Running == nil || !s.Ready || b.pid("c") != 0 {
		t.Errorf("before anybody looked the status says %s, ready %t; process %d", s.State.String(), s.Ready, b.pid("c"))
	}
}

// TestAProbeNeedsNoLook: what the agent ends itself is started again in the same breath.
func TestAProbeNeedsNoLook(t *testing.T) {
	b := newBench(t, func(o *node.Options) { o.Restarts = []node.Restarts{{Look: never}} })
	pod := shell("sleep 60")
	pod.Spec.TerminationGracePeriodSeconds = new(int64(0))
	pod.Spec.Containers[0].LivenessProbe = &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"false"}}}, PeriodSeconds: 1, FailureThreshold: 1,
	}
	b.create(pod)
	b.until("ready", ready)
	b.until("restarted", func(pod *corev1.Pod) bool { return pod.Status.ContainerStatuses[0].RestartCount > 0 })
}

// TestHeld: a held container stays away until it is released, and its pod can be
// deleted meanwhile.
func TestHeld(t *testing.T) {
	b := newBench(t, nil)
	b.create(shell("sleep 60"))
	b.until("ready", ready)
	crash := func() (release func()) {
		t.Helper()
		release, err := b.agent.Hold("default", "p", "c")
		if err != nil {
			t.Fatal(err)
		}
		if err := b.agent.Signal("default", "p", "c", syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		b.eventually("ended", func() bool { return b.pid("c") == 0 })
		time.Sleep(700 * time.Millisecond) // longer than AtOnce rests; it must not come
		if b.pid("c") != 0 {
			t.Fatal("a held container was started")
		}
		return release
	}
	crash()()
	b.eventually("started when released", func() bool { return b.pid("c") != 0 })
	crash()
	if err := b.client.CoreV1().Pods("default").Delete(t.Context(), "p", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	b.eventually("the pod ends", func() bool { _, err := b.agent.Process("default", "p", "c"); return err != nil })
}

// TestNodesRestartDifferently: each node has its own way, in turn.
func TestNodesRestartDifferently(t *testing.T) {
	b := newBench(t, func(o *node.Options) {
		o.Nodes, o.Restarts = 2, []node.Restarts{node.AtOnce, {Look: never}}
	})
	for n := range 2 {
		pod := shell("sleep 60")
		pod.Name, pod.Spec.NodeName = fmt.Sprint("p", n), fmt.Sprint("node-", n)
		b.create(pod)
	}
	pids := make([]int, 2)
	pid := func(n int) int {
		p, err := b.agent.Process("default", fmt.Sprint("p", n), "c")
		if err != nil {
			return 0
		}
		return p.PID
	}
	b.eventually("both run", func() bool { pids[0], pids[1] = pid(0), pid(1); return !slices.Contains(pids, 0) })
	for n := range 2 {
		if err := b.agent.Signal("default", fmt.Sprint("p", n), "c", syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	b.eventually("the first is back", func() bool { now := pid(0); return now != 0 && now != pids[0] })
	b.eventually("the second has ended", func() bool { return pid(1) == 0 })
}
