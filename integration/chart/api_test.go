package chart_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/restmapper"
	syaml "sigs.k8s.io/yaml"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/controlplane"
)

// apiServer is a real one, which is asked what it would say to an object. None is made.
type apiServer struct {
	plane  *controlplane.ControlPlane
	client dynamic.Interface
	groups []*restmapper.APIGroupResources

	mu   sync.Mutex
	said map[[32]byte]error // of each document that was seen: most renderings differ in one or two
}

const apiNamespace = "default"

// errNoYAML: no reader that is strict takes it.
var errNoYAML = errors.New("it cannot be read")

func startAPI(t *testing.T) *apiServer {
	t.Helper()
	plane, err := controlplane.Start(t.Context(), controlplane.Options{Tools: controlplane.RequireTools(t), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	config := plane.Config()
	config.QPS = -1
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	admin, err := plane.Client()
	if err != nil {
		t.Fatal(err)
	}
	groups, err := restmapper.GetAPIGroupResources(admin.Discovery())
	if err != nil {
		t.Fatal(err)
	}
	return &apiServer{plane: plane, client: client, groups: groups, said: map[[32]byte]error{}}
}

// takes asks for each document of a rendering. A key that is there twice is refused before.
func (s *apiServer) takes(ctx context.Context, rendered string) error {
	documents := yaml.NewDocumentDecoder(io.NopCloser(bytes.NewBufferString(rendered)))
	defer func() { _ = documents.Close() }()
	buffer := make([]byte, 1<<20)
	var wrong []error
	for {
		n, err := documents.Read(buffer)
		if errors.Is(err, io.EOF) {
			return errors.Join(wrong...)
		}
		if err != nil {
			return err
		}
		if !blank(buffer[:n]) {
			wrong = append(wrong, s.document(ctx, buffer[:n]))
		}
	}
}

func (s *apiServer) document(ctx context.Context, text []byte) error {
	sum := sha256.Sum256(text)
	s.mu.Lock()
	said, known := s.said[sum]
	s.mu.Unlock()
	if known {
		return said
	}
	err := s.ask(ctx, text)
	if err != nil {
		err = fmt.Errorf("%w in\n%s", err, text)
	}
	s.mu.Lock()
	s.said[sum] = err
	s.mu.Unlock()
	return err
}

func (s *apiServer) ask(ctx context.Context, text []byte) error {
	data, err := syaml.YAMLToJSONStrict(text)
	if err != nil {
		return fmt.Errorf("%w: %w", errNoYAML, err)
	}
	object := &unstructured.Unstructured{}
	if err := object.UnmarshalJSON(data); err != nil {
		return fmt.Errorf("%w: %w", errNoYAML, err)
	}
	kind := object.GroupVersionKind()
	if kind.Group == "cert-manager.io" { // its definitions are not here
		return nil
	}
	mapping, err := restmapper.NewDiscoveryRESTMapper(s.groups).RESTMapping(kind.GroupKind(), kind.Version)
	if err != nil {
		return err
	}
	var resource dynamic.ResourceInterface = s.client.Resource(mapping.Resource)
	if mapping.Scope.Name() == "namespace" {
		resource = s.client.Resource(mapping.Resource).Namespace(apiNamespace)
	}
	_, err = resource.Create(ctx, object, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}, FieldValidation: metav1.FieldValidationStrict})
	return err
}

// TestNamesThatAreNumbers: a release, a namespace and a master may be called by digits alone.
func TestNamesThatAreNumbers(t *testing.T) {
	s := startAPI(t)
	admin, err := s.plane.Client()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.CoreV1().Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "2024"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, placement := range []string{"deployment", "sidecar"} {
		for _, name := range []string{"123", "1e3", "0x10", "7up", "true", "on", "a.b", "dev"} {
			v := everythingOn(placement)
			v["masterName"] = 123
			out, errOut, err := helm(t, "template", name, chartFolder, "-n", "2024", "-f", valuesFile(t, v))
			if err != nil {
				t.Errorf("%s: %v %s", name, err, errOut)
				continue
			}
			if err := s.takes(t.Context(), out); err != nil {
				t.Errorf("a release called %s: %v", name, err)
			}
		}
	}
}
