package printed

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/redis/go-redis/v9"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
)

// installs: and the service's pods have the image that the person has pushed.
func installs(ctx context.Context, f *follower, line string) error {
	out, err := f.person.Shell(ctx, line)
	if err != nil {
		return err
	}
	if len(Notes(out)) == 0 {
		return fmt.Errorf("there are no notes in\n%s", out)
	}
	if _, err := f.rest(ctx); err != nil {
		return err
	}
	pods, err := f.Pods(ctx, f.Namespace, cluster.ServiceSelector(f.Name))
	for name, pod := range pods {
		if image := pod.Spec.Containers[0].Image; image != published {
			err = errors.Join(err, fmt.Errorf("%s is of image %s", name, image))
		}
	}
	return err
}

// tellsTheMaster: the holder of dev-redis-cache-mymaster is the master's pod.
func tellsTheMaster(ctx context.Context, f *follower, line string) error {
	out, err := f.person.Shell(ctx, line)
	if err != nil {
		return err
	}
	masters, err := f.Pods(ctx, f.Namespace, "redis-sentinel-k8s/role=master")
	if err != nil {
		return err
	}
	if len(masters) != 1 {
		return fmt.Errorf("%d masters by their labels", len(masters))
	}
	for _, row := range rows(out) {
		if row[0] == "dev-redis-cache-mymaster" && masters[row[1]].Name == row[1] {
			return nil
		}
	}
	return fmt.Errorf("none of the Leases is dev-redis-cache-mymaster of the master:\n%s", out)
}

// tellsTheAddress to a client in another pod.
func tellsTheAddress(ctx context.Context, f *follower, line string) error {
	now, err := f.Record(ctx)
	if err != nil {
		return err
	}
	ip, err := f.PodIP(ctx, now.Pod)
	if err != nil {
		return err
	}
	out, err := f.fromAPod(ctx, line)
	if got := strings.Fields(out); err == nil && !slices.Equal(got, []string{ip, "6379"}) {
		err = fmt.Errorf("%q, the master is at %s", got, ip)
	}
	return err
}

// tellsWhy the master is who it is.
func tellsWhy(ctx context.Context, f *follower, line string) error {
	now, err := f.Record(ctx)
	if err != nil {
		return err
	}
	out, err := f.fromAPod(ctx, line)
	if err == nil && !strings.Contains(out, now.Pod) {
		err = fmt.Errorf("it does not speak of %s: %s", now.Pod, out)
	}
	return err
}

// tellsWhatHappened with an Event at least.
func tellsWhatHappened(ctx context.Context, f *follower, line string) error {
	out, err := f.person.Shell(ctx, line)
	if err == nil && !strings.Contains(out, "ReplicaSelected") && !strings.Contains(out, "MasterSwitched") {
		err = fmt.Errorf("no Event of the service in\n%s", out)
	}
	return err
}

// ordersFromWithin: who comes this way may order what another pod may not.
func ordersFromWithin(ctx context.Context, f *follower, line string) error {
	out, err := f.fromAPod(ctx, "redis-cli -h dev-redis-cache-sentinel -p 26379 sentinel flushconfig")
	if err == nil && !strings.Contains(out, "NOPERM") {
		err = fmt.Errorf("from another pod it is obeyed: %s", out)
	}
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = f.person.Shell(ctx, "exec "+line) // goes on until it is stopped
	}()
	defer func() {
		stop()
		<-ended
	}()
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:26379"})
	defer func() { _ = client.Close() }()
	return realnodes.Wait(ctx, settleMost, "an order by way of "+line, func(ctx context.Context) error {
		return client.Do(ctx, "sentinel", "flushconfig").Err()
	})
}

func exits(ctx context.Context, f *follower, line string) error {
	_, err := f.person.Shell(ctx, line)
	return err
}

// rendersWith these options of helm's, and what they choose is in the result.
func rendersWith(ctx context.Context, f *follower, line string) error {
	out, err := f.person.Shell(ctx, "helm template dev charts/redis-cache "+line)
	if err != nil {
		return err
	}
	for option := range strings.SplitSeq(line, "--set ") {
		_, value, _ := strings.Cut(strings.Trim(option, " '"), "=")
		if !strings.Contains(out, strings.Trim(value, "{}")) {
			err = errors.Join(err, fmt.Errorf("%s is not in the result", value))
		}
	}
	return err
}

// fromAPod runs a line in a pod that has redis-cli and nothing to do with the set.
func (f *follower) fromAPod(ctx context.Context, line string) (string, error) {
	const name = "client"
	user := int64(999)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: corev1.PodSpec{
		AutomountServiceAccountToken: new(false),
		SecurityContext: &corev1.PodSecurityContext{
			RunAsNonRoot: new(true), RunAsUser: &user,
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
		},
		Containers: []corev1.Container{{
			Name: name, Image: "redis:8.0-alpine", Command: []string{"sleep", "86400"},
			SecurityContext: &corev1.SecurityContext{
				AllowPrivilegeEscalation: new(false), Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
			},
		}},
	}}
	pods := f.Client.CoreV1().Pods(f.Namespace)
	if _, err := pods.Get(ctx, name, metav1.GetOptions{}); err != nil {
		if _, err := pods.Create(ctx, pod, metav1.CreateOptions{}); err != nil {
			return "", err
		}
	}
	err := realnodes.Wait(ctx, settleMost, "a pod to ask from", func(ctx context.Context) error {
		now, err := pods.Get(ctx, name, metav1.GetOptions{})
		if err == nil && !cluster.Ready(*now) {
			err = fmt.Errorf("it is %s", now.Status.Phase)
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return f.Kubectl(ctx, "-n", f.Namespace, "exec", name, "--", "sh", "-c", line)
}
