package k8s

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

func TestConnectReadsAKubeconfig(t *testing.T) {
	asked := make(chan *http.Request, 3)
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Forbidden","code":403}`))
	}))
	defer server.Close()
	file := filepath.Join(t.TempDir(), "config")
	content := "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: c, user: u}}]\n" +
		"clusters: [{name: c, cluster: {insecure-skip-tls-verify: true, server: \"" + server.URL + "\"}}]\nusers: [{name: u, user: {token: secret}}]\n"
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	made, err := Connect(Access{Kubeconfig: file, UserAgent: "redis-sentinel-k8s/test"})
	if err != nil {
		t.Fatal(err)
	}
	for name, client := range map[string]kubernetes.Interface{"calls": made.Calls, "watches": made.Watches, "leader": made.Leader, "changes": made.Changes} {
		if _, err := client.CoreV1().Pods("shop").List(t.Context(), metav1.ListOptions{}); err == nil {
			t.Errorf("%s: no error", name)
		}
		r := <-asked
		if got := r.Header.Get("Accept"); !strings.HasPrefix(got, "application/vnd.kubernetes.protobuf") {
			t.Errorf("%s: accepts %q", name, got)
		}
		if r.UserAgent() != "redis-sentinel-k8s/test" || r.Header.Get("Authorization") != "Bearer secret" || r.URL.Path != "/api/v1/namespaces/shop/pods" {
			t.Errorf("%s: %s by %s", name, r.URL.Path, r.UserAgent())
		}
	}
}

func TestConnectSaysWhatIsMissing(t *testing.T) {
	_, err := Connect(Access{Kubeconfig: filepath.Join(t.TempDir(), "none")})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "access to Kubernetes") {
		t.Errorf("got %v", err)
	}
}

func TestOneSilentCallEndsWithItsContext(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	made, err := clients(&rest.Config{Host: server.URL}, "test")
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := New(made, testOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer cluster.shutDown()
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := cluster.Get(ctx, "mymaster"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if len(cluster.Lasting(0)) == 0 {
		t.Error("a silent API server counts as reached")
	}
}
