package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
)

// TestPlacements installs two releases in one namespace, the service apart from
// Redis and within its pods, and puts a stand-in in the service's place that tries
// what its ServiceAccount may do.
func TestPlacements(t *testing.T) {
	found := &findings{}
	c := cluster.Start(t, cluster.Options{
		Images: []node.Image{{Match: "redis-sentinel-k8s:*", Self: found.standIn}},
	})
	c.Install(t, "shared", "apart", nil)
	c.Install(t, "shared", "within", cluster.Values{"sentinel": cluster.Values{"placement": "sidecar"}})

	apart := c.ReadyPods(t, patience, "shared", cluster.ServiceSelector("apart"), 3)
	within := c.RunningPods(t, patience, "shared", cluster.RedisSelector("within"), 3)
	c.RunningPods(t, patience, "shared", cluster.RedisSelector("apart"), 3)
	for name, pod := range within {
		cluster.Eventually(t, patience, "sidecar of "+name, func(ctx context.Context) error {
			now, err := c.Client.CoreV1().Pods("shared").Get(ctx, name, metav1.GetOptions{})
			if err == nil && !now.Status.InitContainerStatuses[0].Ready {
				err = errors.New("not ready")
			}
			return err
		})
		checkFenced(t, pod)
	}
	if got, want := found.count(), len(apart)+len(within); got != want {
		t.Errorf("the service ran %d times, want %d", got, want)
	}
	for _, problem := range found.list() {
		t.Error(problem)
	}
	leases, err := c.Client.CoordinationV1().Leases("shared").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(leases.Items) != 2 {
		t.Errorf("%d leases, want one for each release", len(leases.Items))
	}
}

// findings are what the stand-ins saw.
type findings struct {
	mu       sync.Mutex
	problems []string
	runs     int
}

func (f *findings) note(problems ...error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.runs++
	for _, problem := range problems {
		if problem != nil {
			f.problems = append(f.problems, problem.Error())
		}
	}
}

func (f *findings) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.runs
}

func (f *findings) list() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.problems
}

// standIn is ready when it has tried everything, and then waits for its end.
func (f *findings) standIn(ctx context.Context, task node.Task) error {
	config, err := clientcmd.BuildConfigFromFlags("", task.Env["KUBECONFIG"])
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	f.note(tryRights(ctx, client, task)...)
	return serveReady(ctx, task.IP+":9121")
}

func tryRights(ctx context.Context, client kubernetes.Interface, task node.Task) []error {
	namespace, selector, prefix := task.Env["POD_NAMESPACE"], flag(task.Args, "--selector="), flag(task.Args, "--lease-prefix=")
	pods, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
	problems := []error{allowed("list pods", err), allowed("list statefulsets", listSets(ctx, client, namespace))}
	if err != nil {
		return problems
	}
	for _, pod := range pods.Items {
		if !strings.HasPrefix(pod.Name+"-", prefix) && !strings.HasPrefix(pod.Name, prefix) {
			problems = append(problems, fmt.Errorf("selector %s finds %s", selector, pod.Name))
		}
		patch := []byte(`{"metadata":{"labels":{"redis-sentinel-k8s/role":"replica"}}}`)
		_, err := client.CoreV1().Pods(namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{})
		problems = append(problems, allowed("patch pods", err))
	}
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: prefix + "mymaster"}}
	_, err = client.CoordinationV1().Leases(namespace).Create(ctx, lease, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		err = nil // another one was first
	}
	_, secrets := client.CoreV1().Secrets(namespace).List(ctx, metav1.ListOptions{})
	_, elsewhere := client.CoreV1().Pods("default").List(ctx, metav1.ListOptions{})
	gone := client.CoreV1().Pods(namespace).Delete(ctx, task.Pod.Name, metav1.DeleteOptions{DryRun: []string{metav1.DryRunAll}})
	return append(problems, allowed("create leases", err), forbidden("list secrets", secrets),
		forbidden("list pods of another namespace", elsewhere), forbidden("delete pods", gone))
}

func listSets(ctx context.Context, client kubernetes.Interface, namespace string) error {
	_, err := client.AppsV1().StatefulSets(namespace).List(ctx, metav1.ListOptions{})
	return err
}

func allowed(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func forbidden(what string, err error) error {
	if !apierrors.IsForbidden(err) {
		return fmt.Errorf("%s: %v, want forbidden", what, err) //nolint:errorlint // nil is the news here
	}
	return nil
}

func flag(args []string, prefix string) string {
	for _, arg := range args {
		if value, found := strings.CutPrefix(arg, prefix); found {
			return value
		}
	}
	return ""
}

func serveReady(ctx context.Context, address string) error {
	server := &http.Server{
		Addr: address, ReadHeaderTimeout: time.Second,
		Handler:     http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
