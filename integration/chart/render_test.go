package chart_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	syaml "sigs.k8s.io/yaml"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/controlplane"
)

const chartFolder = "../../charts/redis-cache"

type values map[string]any

// helm runs helm and returns both its outputs.
func helm(t *testing.T, args ...string) (out, errOut string, err error) {
	t.Helper()
	cmd := exec.Command(controlplane.RequireTools(t).Path("helm"), args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	return stdout.String(), stderr.String(), err
}

func valuesFile(t *testing.T, v values) string {
	t.Helper()
	text, err := syaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return textFile(t, string(text))
}

func textFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// objects are what a release consists of, by kind and name.
type objects struct {
	statefulSets    map[string]*appsv1.StatefulSet
	deployments     map[string]*appsv1.Deployment
	services        map[string]*corev1.Service
	budgets         map[string]*policyv1.PodDisruptionBudget
	networkPolicies map[string]*networkingv1.NetworkPolicy
	roles           map[string]*rbacv1.Role
	clusterRoles    map[string]*rbacv1.ClusterRole
	other           []runtime.Object
}

// render decodes strictly: a field that Kubernetes does not know is an error.
func render(t *testing.T, release string, v values) objects {
	t.Helper()
	return renderIn(t, "default", release, v)
}

func renderIn(t *testing.T, namespace, release string, v values) objects {
	t.Helper()
	out, errOut, err := helm(t, "template", release, chartFolder, "-n", namespace, "-f", valuesFile(t, v))
	if err != nil {
		t.Fatalf("%v: %s", err, errOut)
	}
	o := objects{
		statefulSets: map[string]*appsv1.StatefulSet{}, deployments: map[string]*appsv1.Deployment{},
		services: map[string]*corev1.Service{}, budgets: map[string]*policyv1.PodDisruptionBudget{},
		networkPolicies: map[string]*networkingv1.NetworkPolicy{}, roles: map[string]*rbacv1.Role{},
		clusterRoles: map[string]*rbacv1.ClusterRole{},
	}
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	documents := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewBufferString(out)))
	defer func() { _ = documents.Close() }()
	buffer := make([]byte, 1<<20)
	for {
		n, err := documents.Read(buffer)
		if errors.Is(err, io.EOF) {
			return o
		}
		if err != nil {
			t.Fatal(err)
		}
		if blank(buffer[:n]) {
			continue
		}
		object, _, err := decoder.Decode(buffer[:n], nil, nil)
		if err != nil {
			t.Fatalf("%v in:\n%s", err, buffer[:n])
		}
		o.add(object)
	}
}

// blank says whether a document has nothing but comments.
func blank(document []byte) bool {
	for line := range bytes.Lines(document) {
		line = bytes.TrimSpace(line)
		if len(line) > 0 && line[0] != '#' && !bytes.Equal(line, []byte("---")) {
			return false
		}
	}
	return true
}

func (o *objects) add(object runtime.Object) {
	switch object := object.(type) {
	case *appsv1.StatefulSet:
		o.statefulSets[object.Name] = object
	case *appsv1.Deployment:
		o.deployments[object.Name] = object
	case *corev1.Service:
		o.services[object.Name] = object
	case *policyv1.PodDisruptionBudget:
		o.budgets[object.Name] = object
	case *networkingv1.NetworkPolicy:
		o.networkPolicies[object.Name] = object
	case *rbacv1.Role:
		o.roles[object.Name] = object
	case *rbacv1.ClusterRole:
		o.clusterRoles[object.Name] = object
	default:
		o.other = append(o.other, object)
	}
}

// container returns one of a pod's containers, also from among the init containers.
func container(t *testing.T, pod corev1.PodSpec, name string) corev1.Container {
	t.Helper()
	for _, c := range append(pod.InitContainers, pod.Containers...) {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("no container %q", name)
	return corev1.Container{}
}
