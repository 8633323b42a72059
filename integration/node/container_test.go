package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

// TestWhatAContainerIsGiven runs a container that writes its environment and its
// volumes down.
func TestWhatAContainerIsGiven(t *testing.T) {
	b := newBench(t, nil)
	out := filepath.Join(b.dir, "out")
	for _, object := range []corev1.Secret{{
		ObjectMeta: metav1.ObjectMeta{Name: "s", Namespace: "default"}, Data: map[string][]byte{"password": []byte("open $(A)")},
	}} {
		if _, err := b.client.CoreV1().Secrets("default").Create(t.Context(), &object, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	config := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: "m", Namespace: "default"}, Data: map[string]string{"file.conf": "content", "other": "unseen"},
	}
	if _, err := b.client.CoreV1().ConfigMaps("default").Create(t.Context(), config, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	pod := shell(`printf '%s\n' "$A" "$B" "$C" "$POD" "$IP" "$LIMIT" "$HALF" "$SECRET" "$UNKNOWN" "$(cat /etc/app/renamed)" "$1" "$2" "$FROM_file" >` +
		out + `.tmp; ls /etc/app >>` + out + `.tmp; touch /data/here; mv ` + out + `.tmp ` + out + `; sleep 60`)
	c := &pod.Spec.Containers[0]
	c.Args = append(c.Args, "sh", "$(A)-$$(A)-$(NOBODY)", "/data/x:/database")
	c.Env = []corev1.EnvVar{
		{Name: "A", Value: "a"},
		{Name: "B", Value: "$(A)b"},
		{Name: "C", Value: "--dir=/data"},
		{Name: "POD", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.name"}}},
		{Name: "IP", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}},
		{Name: "LIMIT", ValueFrom: &corev1.EnvVarSource{ResourceFieldRef: &corev1.ResourceFieldSelector{Resource: "limits.memory"}}},
		{Name: "HALF", ValueFrom: &corev1.EnvVarSource{ResourceFieldRef: &corev1.ResourceFieldSelector{
			Resource: "limits.memory", Divisor: resource.MustParse("1Mi"),
		}}},
		{Name: "SECRET", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: "s"}, Key: "password",
		}}},
		{Name: "UNKNOWN", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: "none"}, Key: "k", Optional: new(true),
		}}},
	}
	c.EnvFrom = []corev1.EnvFromSource{{Prefix: "FROM_", ConfigMapRef: &corev1.ConfigMapEnvSource{
		LocalObjectReference: corev1.LocalObjectReference{Name: "m"},
	}}}
	c.Resources.Limits = corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("3Mi")}
	c.VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data"}, {Name: "config", MountPath: "/etc/app"}}
	pod.Spec.Volumes = []corev1.Volume{
		{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
			LocalObjectReference: corev1.LocalObjectReference{Name: "m"},
			Items:                []corev1.KeyToPath{{Key: "file.conf", Path: "renamed"}},
		}}},
	}
	b.create(pod)
	b.eventually("written", func() bool { return b.file("out") != "" })

	// The folder's own name is the agent's business.
	folder := ""
	if found, _ := filepath.Glob(filepath.Join(b.dir, "*", "volumes", "data", "here")); len(found) == 1 {
		folder = filepath.Dir(found[0])
	} else {
		t.Fatalf("%d volumes were written to", len(found))
	}
	got := strings.ReplaceAll(b.file("out"), folder, "<data>")
	want := strings.Join([]string{
		"a", "ab", "--dir=<data>", "p", b.first, "3145728", "3", "open $(A)", "", "content",
		"a-$(A)-$(NOBODY)", "<data>/x:/database", "", "renamed", "",
	}, "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("given (-want +got):\n%s", diff)
	}
}

func TestAPodWaitsForItsSecret(t *testing.T) {
	b := newBench(t, nil)
	pod := shell("sleep 60")
	pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "P", ValueFrom: &corev1.EnvVarSource{
		SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "late"}, Key: "k"},
	}}}
	b.create(pod)
	b.until("pending with an address", func(pod *corev1.Pod) bool {
		return pod.Status.Phase == corev1.PodPending && pod.Status.PodIP != ""
	})
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "late", Namespace: "default"}, StringData: map[string]string{"k": "v"},
	}
	if _, err := b.client.CoreV1().Secrets("default").Create(t.Context(), secret, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	b.until("ready", ready)
}

func TestPodsThatEnd(t *testing.T) {
	for script, want := range map[string]corev1.PodPhase{"exit 0": corev1.PodSucceeded, "exit 3": corev1.PodFailed} {
		b := newBench(t, nil)
		pod := shell(script)
		pod.Spec.RestartPolicy = corev1.RestartPolicyNever
		b.create(pod)
		b.until(script, func(pod *corev1.Pod) bool { return pod.Status.Phase == want })
	}
}

func TestImages(t *testing.T) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skip(err)
	}
	b := newBench(t, func(o *node.Options) {
		o.Images = []node.Image{
			{Match: "tool:2*", Path: "/bin/false"},
			{Match: "tool:*", Path: "/bin/echo", Names: []string{"tool"}, ExtraArgs: func(ip string) []string { return []string{"--ip", ip} }},
		}
	})
	pod := shell("unused")
	pod.Spec.RestartPolicy = corev1.RestartPolicyNever
	pod.Spec.Containers = []corev1.Container{
		{Name: "plain", Image: "registry.example:5000/folder/tool", Args: []string{"--a"}},
		{Name: "named", Image: "tool@sha256:abc", Command: []string{"/usr/local/bin/tool"}, Args: []string{"--b"}},
		{Name: "called", Image: "tool:1", Args: []string{"tool", "--c"}},
		{Name: "other", Image: "tool:1", Command: []string{"sh", "-c", "echo other"}},
		{Name: "newer", Image: "tool:2.1"},
		{Name: "shell", Image: "tool:1", Command: []string{"sh", "-c", `echo first; exec "$0" "$@"`, "tool", "--d"}, Args: []string{"--e"}},
	}
	b.create(pod)
	dirs := map[string]string{}
	b.eventually("known", func() bool {
		for _, c := range pod.Spec.Containers {
			dir, err := b.agent.LogDir("default", "p", c.Name)
			if err != nil {
				return false
			}
			dirs[c.Name] = dir
		}
		return true
	})
	ended := b.until("ended", func(pod *corev1.Pod) bool { return pod.Status.Phase == corev1.PodFailed })
	for name, want := range map[string]string{
		"plain": "--a --ip " + b.first, "named": "--b --ip " + b.first, "called": "--c --ip " + b.first, "other": "other", "newer": "",
		"shell": "first\n--d --e --ip " + b.first,
	} {
		text, err := os.ReadFile(filepath.Join(dirs[name], "0.log"))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(string(text)); got != want {
			t.Errorf("%s wrote %q, want %q", name, got, want)
		}
	}
	if got := ended.Status.ContainerStatuses[4].State.Terminated.ExitCode; got != 1 {
		t.Errorf("the first pattern that matches is not the one that counts: exit code %d", got)
	}
}
