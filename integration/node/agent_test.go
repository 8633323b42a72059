package node_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

// bench is an agent with one node on a fake clientset, whose image "shell" is /bin/sh.
type bench struct {
	*testing.T
	client kubernetes.Interface
	agent  *node.Agent
	dir    string
	first  string // the first pod's address
}

func newBench(t *testing.T, change func(*node.Options)) *bench {
	t.Helper()
	subnet, release, err := node.LockSubnet()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(release)
	b := &bench{T: t, client: fake.NewClientset(), dir: t.TempDir(), first: fmt.Sprintf("127.%d.1.1", subnet)}
	options := node.Options{
		Client: b.client, Dir: b.dir, Nodes: 1, Subnet: subnet, Lag: -1, Restarts: []node.Restarts{node.AtOnce},
		Images: []node.Image{{Match: "shell:*", Path: "/bin/sh", Names: []string{"sh"}}},
	}
	if change != nil {
		change(&options)
	}
	agent, err := node.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	b.agent = agent
	t.Cleanup(func() {
		if err := agent.Stop(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// shell is a pod with one container that runs a script; the test may change it
// before it is created.
func shell(script string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default", UID: uuid.NewUUID()},
		Spec: corev1.PodSpec{
			NodeName: "node-0", RestartPolicy: corev1.RestartPolicyAlways,
			Containers: []corev1.Container{{Name: "c", Image: "shell", Args: []string{"-c", script}}},
		},
	}
}

func (b *bench) create(pod *corev1.Pod) {
	b.Helper()
	if _, err := b.client.CoreV1().Pods("default").Create(b.Context(), pod, metav1.CreateOptions{}); err != nil {
		b.Fatal(err)
	}
}

// until waits until the pod's state is as wanted and returns it.
func (b *bench) until(what string, is func(*corev1.Pod) bool) *corev1.Pod {
	b.Helper()
	var pod *corev1.Pod
	b.eventually(what, func() bool {
		var err error
		if pod, err = b.client.CoreV1().Pods("default").Get(b.Context(), "p", metav1.GetOptions{}); err != nil {
			b.Fatal(err)
		}
		return is(pod)
	})
	return pod
}

func (b *bench) eventually(what string, is func() bool) {
	b.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.Fatalf("%s: not within 10 s", what)
		}
	}
}

func (b *bench) pid(container string) int {
	b.Helper()
	p, err := b.agent.Process("default", "p", container)
	if err != nil {
		b.Fatal(err)
	}
	return p.PID
}

func ready(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func (b *bench) file(name string) string {
	b.Helper()
	text, err := os.ReadFile(filepath.Join(b.dir, name))
	if err != nil && !os.IsNotExist(err) {
		b.Fatal(err)
	}
	return string(text)
}

func TestCrashRestartsInPlace(t *testing.T) {
	b := newBench(t, nil)
	b.create(shell("sleep 60"))
	before := b.until("ready", ready)
	if got, want := before.Status.PodIP, b.first; got != want {
		t.Errorf("pod IP %s, want %s", got, want)
	}
	if err := b.agent.Signal("default", "p", "c", syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	after := b.until("restarted", func(pod *corev1.Pod) bool {
		return pod.Status.ContainerStatuses[0].RestartCount == 1 && ready(pod)
	})
	was, is := before.Status.ContainerStatuses[0], after.Status.ContainerStatuses[0]
	if was.ContainerID == is.ContainerID || after.Status.PodIP != before.Status.PodIP {
		t.Errorf("container %s at %s became %s at %s: want another ID at the same address",
			was.ContainerID, before.Status.PodIP, is.ContainerID, after.Status.PodIP)
	}
	if got := is.LastTerminationState.Terminated.ExitCode; got != 137 {
		t.Errorf("last exit code %d, want 137", got)
	}
}

func TestLagHidesARestart(t *testing.T) {
	b := newBench(t, func(o *node.Options) { o.Lag = time.Second })
	b.create(shell("sleep 60"))
	before := b.until("ready", ready).Status.ContainerStatuses[0]
	killed := time.Now()
	if err := b.agent.Signal("default", "p", "c", syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.eventually("the next process runs", func() bool {
		p, err := b.agent.Process("default", "p", "c")
		return err == nil && p.PID != 0 && p.ContainerID != before.ContainerID
	})
	b.until("told", func(pod *corev1.Pod) bool { return pod.Status.ContainerStatuses[0].RestartCount == 1 })
	if told := time.Since(killed); told < time.Second {
		t.Errorf("told after %v, want no sooner than the lag", told)
	}
}

func TestDeletionKeepsTheOrderOfAKubelet(t *testing.T) {
	b := newBench(t, nil)
	log := filepath.Join(b.dir, "log")
	say := func(text string) string { return "echo " + text + " >>" + log }
	pod := shell("trap '" + say("TERM") + "; exit' TERM; " + say("start") + "; while :; do sleep 0.05; done")
	pod.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{
		Exec: &corev1.ExecAction{Command: []string{"sh", "-c", say("preStop") + "; sleep 0.2; " + say("preStop-done")}},
	}}
	pod.Spec.InitContainers = []corev1.Container{
		{Name: "first", Image: "shell", Args: []string{"-c", say("init")}},
		{
			Name: "side", Image: "shell", RestartPolicy: new(corev1.ContainerRestartPolicyAlways),
			Args: []string{"-c", "trap '" + say("side-TERM") + "; exit' TERM; " + say("side") + "; while :; do sleep 0.05; done"},
		},
	}
	b.create(pod)
	b.until("ready", ready)
	b.eventually("all started", func() bool { return strings.Count(b.file("log"), "\n") == 3 })
	pid := b.pid("c")
	if err := b.client.CoreV1().Pods("default").Delete(t.Context(), "p", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	b.eventually("gone", func() bool { return syscall.Kill(pid, 0) != nil })
	b.eventually("sidecar gone", func() bool { return strings.Contains(b.file("log"), "side-TERM") })
	lines := strings.Fields(b.file("log"))
	want := "init side start preStop preStop-done TERM side-TERM"
	if got := strings.Join(lines, " "); got != want && got != strings.Replace(want, "side start", "start side", 1) {
		t.Errorf("order:\n got %s\nwant %s", got, want)
	}
}

func TestObjectIsRemovedWhenTheProcessIsGone(t *testing.T) {
	b := newBench(t, nil)
	pod := shell("trap '' TERM; while :; do sleep 0.05; done") // it needs SIGKILL
	b.create(pod)
	pid := func() int { b.until("ready", ready); return b.pid("c") }()
	deleted := b.until("ready", ready).DeepCopy()
	deleted.DeletionTimestamp, deleted.DeletionGracePeriodSeconds = new(metav1.Now()), new(int64(1))
	deleted.Finalizers = nil
	if _, err := b.client.CoreV1().Pods("default").Update(t.Context(), deleted, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	b.eventually("object removed", func() bool {
		_, err := b.client.CoreV1().Pods("default").Get(t.Context(), "p", metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
	if syscall.Kill(pid, 0) == nil {
		t.Error("the object was removed while the process lived")
	}
}

func TestProbes(t *testing.T) {
	b := newBench(t, nil)
	alive, isReady := filepath.Join(b.dir, "alive"), filepath.Join(b.dir, "ready")
	pod := shell("sleep 60")
	test := func(file string) corev1.ProbeHandler {
		return corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"test", "-e", file}}}
	}
	c := &pod.Spec.Containers[0]
	c.StartupProbe = &corev1.Probe{ProbeHandler: test(alive), PeriodSeconds: 1, FailureThreshold: 30}
	c.LivenessProbe = &corev1.Probe{ProbeHandler: test(alive), PeriodSeconds: 1, FailureThreshold: 1}
	c.ReadinessProbe = &corev1.Probe{ProbeHandler: test(isReady), PeriodSeconds: 1}
	b.create(pod)
	b.until("runs, not started", func(pod *corev1.Pod) bool {
		return pod.Status.Phase == corev1.PodRunning && !*pod.Status.ContainerStatuses[0].Started
	})
	touch(t, alive)
	b.until("started, not ready", func(pod *corev1.Pod) bool {
		return *pod.Status.ContainerStatuses[0].Started && !ready(pod)
	})
	touch(t, isReady)
	b.until("ready", ready)
	if err := os.Remove(alive); err != nil {
		t.Fatal(err)
	}
	b.until("killed for want of life", func(pod *corev1.Pod) bool {
		return pod.Status.ContainerStatuses[0].RestartCount == 1
	})
}

func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTCPProbeAsksThePodsAddress(t *testing.T) {
	b := newBench(t, nil)
	listener, err := net.Listen("tcp", b.first+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	pod := shell("sleep 60")
	port := listener.Addr().(*net.TCPAddr).Port
	pod.Spec.Containers[0].Ports = []corev1.ContainerPort{{Name: "it", ContainerPort: int32(port)}}
	pod.Spec.Containers[0].ReadinessProbe = &corev1.Probe{
		ProbeHandler:  corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromString("it")}},
		PeriodSeconds: 1, FailureThreshold: 1,
	}
	b.create(pod)
	b.until("ready", ready)
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	b.until("not ready", func(pod *corev1.Pod) bool { return !ready(pod) })
}

func TestLostNodeIsSilent(t *testing.T) {
	b := newBench(t, nil)
	count := filepath.Join(b.dir, "count")
	b.create(shell("while :; do echo >>" + count + "; sleep 0.01; done"))
	b.until("ready", ready)
	if err := b.agent.LoseNode("node-0"); err != nil {
		t.Fatal(err)
	}
	frozen := b.file("count")
	if err := b.agent.Signal("default", "p", "c", syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// Silence can only be seen by waiting for what must not come.
	time.Sleep(700 * time.Millisecond)
	if got := b.file("count"); len(got) > len(frozen)+1 {
		t.Errorf("the lost node's process wrote %d bytes more", len(got)-len(frozen))
	}
	if pod := b.until("any", func(*corev1.Pod) bool { return true }); pod.Status.ContainerStatuses[0].RestartCount != 0 {
		t.Error("the lost node reported a restart")
	}
	if err := b.agent.RestoreNode("node-0"); err != nil {
		t.Fatal(err)
	}
	b.until("restarted and told", func(pod *corev1.Pod) bool { return pod.Status.ContainerStatuses[0].RestartCount == 1 })
}

func TestContainerInsideThisProgram(t *testing.T) {
	tasks := make(chan node.Task, 2)
	b := newBench(t, func(o *node.Options) {
		o.Images = []node.Image{{Match: "self:*", Self: func(ctx context.Context, task node.Task) error {
			tasks <- task
			<-ctx.Done()
			return nil
		}}}
	})
	pod := shell("unused")
	pod.Spec.Containers[0].Image = "registry.example/self:1"
	pod.Spec.Containers[0].Args = []string{"--name=$(NAME)"}
	pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "NAME", ValueFrom: &corev1.EnvVarSource{
		FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"},
	}}}
	b.create(pod)
	b.until("ready", ready)
	task := <-tasks
	if task.IP != b.first || strings.Join(task.Args, " ") != "--name=p" {
		t.Errorf("told %s %v", task.IP, task.Args)
	}
	if err := b.agent.Signal("default", "p", "c", syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-tasks // it runs again
}

func TestHostNetworkIsTheNodesAddress(t *testing.T) {
	b := newBench(t, nil)
	pod := shell("sleep 60")
	pod.Spec.HostNetwork = true
	b.create(pod)
	if got := b.until("ready", ready).Status.PodIP; got != "127.0.0.1" {
		t.Errorf("pod IP %s, want the node's, 127.0.0.1", got)
	}
}
