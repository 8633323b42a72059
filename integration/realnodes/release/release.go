package release

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
)

// Release is one installed release in a namespace of its own.
type Release struct {
	*realnodes.Cluster
	Namespace string
	Name      string
	Values    cluster.Values // of the last install or upgrade
	// Patience is how long a change may take until the set is whole again: a container in
	// its second back-off, a node that boots. Sets with much data take longer.
	Patience time.Duration

	writers map[string]string // the addresses of the load's pods, by node
}

// New prepares a namespace for a release. Pods in it must satisfy PodSecurity restricted.
func New(ctx context.Context, c *realnodes.Cluster, namespace, name string) (*Release, error) {
	r := &Release{Cluster: c, Namespace: namespace, Name: name, Patience: 3 * time.Minute}
	if _, err := c.Kubectl(ctx, "create", "namespace", namespace); err != nil {
		return nil, err
	}
	_, err := c.Kubectl(ctx, "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
	return r, err
}

// FullName is what the chart calls its objects.
func (r *Release) FullName() string { return r.Name + "-redis-cache" }

// Pod is the name of the Redis pod with an ordinal.
func (r *Release) Pod(ordinal int) string { return fmt.Sprintf("%s-%d", r.FullName(), ordinal) }

// Install installs the chart with Helm, waits as Helm does, and returns the notes and how
// long it took.
func (r *Release) Install(ctx context.Context, values cluster.Values) (notes string, took time.Duration, err error) {
	return r.helm(ctx, values, "install", r.Name, r.Chart, "-n", r.Namespace)
}

// Upgrade changes the release to other values, waits for the rollout, and says how long it took.
func (r *Release) Upgrade(ctx context.Context, values cluster.Values) (time.Duration, error) {
	_, took, err := r.helm(ctx, values, "upgrade", r.Name, r.Chart, "-n", r.Namespace)
	return took, err
}

// Rollback goes back to the revision before.
func (r *Release) Rollback(ctx context.Context) (time.Duration, error) {
	_, took, err := r.helm(ctx, nil, "rollback", r.Name, "-n", r.Namespace)
	return took, err
}

// Uninstall removes the release and waits until its pods are gone.
func (r *Release) Uninstall(ctx context.Context) error {
	_, _, err := r.helm(ctx, nil, "uninstall", r.Name, "-n", r.Namespace)
	if err != nil {
		return err
	}
	return realnodes.Wait(ctx, r.Patience, "the end of all pods", func(ctx context.Context) error {
		pods, err := r.Pods(ctx, r.Namespace, "app.kubernetes.io/instance="+r.Name)
		if err == nil && len(pods) > 0 {
			err = fmt.Errorf("%d pods are left", len(pods))
		}
		return err
	})
}

func (r *Release) helm(ctx context.Context, values cluster.Values, args ...string) (out string, took time.Duration, err error) {
	if values != nil {
		r.Values = values
		text, err := yaml.Marshal(values)
		if err != nil {
			return "", 0, err
		}
		path := filepath.Join(r.Dir, "values-"+r.Namespace+".yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return "", 0, err
		}
		args = append(args, "-f", path)
	}
	args = append(args, "--wait", "--timeout", r.Patience.String())
	began := time.Now()
	out, err = r.Helm(ctx, args...)
	return out, time.Since(began), err
}

// PodIP is the address of a pod.
func (r *Release) PodIP(ctx context.Context, pod string) (string, error) {
	is, err := r.pod(ctx, pod)
	if err == nil && is.Status.PodIP == "" {
		err = fmt.Errorf("%s has no address", pod)
	}
	return is.Status.PodIP, err
}

// NodeOf is the node of a pod.
func (r *Release) NodeOf(ctx context.Context, pod string) (*realnodes.Node, error) {
	is, err := r.pod(ctx, pod)
	if err != nil {
		return nil, err
	}
	node := r.Node(is.Spec.NodeName)
	if node == nil {
		err = fmt.Errorf("%s is on %q, which is no node of ours", pod, is.Spec.NodeName)
	}
	return node, err
}

func (r *Release) pod(ctx context.Context, name string) (corev1.Pod, error) {
	pod, err := r.Client.CoreV1().Pods(r.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return corev1.Pod{}, err
	}
	return *pod, nil
}
