package controlplane_test

import (
	"context"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/controlplane"
)

func TestStart(t *testing.T) {
	plane, err := controlplane.Start(t.Context(), controlplane.Options{
		Tools: controlplane.RequireTools(t), Dir: t.TempDir(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	admin, err := plane.Client()
	if err != nil {
		t.Fatal(err)
	}

	t.Run("service accounts get tokens and no rights", func(t *testing.T) {
		config := plane.Config()
		config.BearerToken = defaultToken(t.Context(), t, admin)
		client, err := kubernetes.NewForConfig(config)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{})
		if !apierrors.IsForbidden(err) {
			t.Errorf("list pods: %v, want forbidden", err)
		}
	})

	t.Run("pods get the volume with their token", func(t *testing.T) {
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: "p"},
			Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "c"}}},
		}
		pod, err := admin.CoreV1().Pods("default").Create(t.Context(), pod, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := len(pod.Spec.Containers[0].VolumeMounts); got != 1 {
			t.Errorf("%d volume mounts, want that of the ServiceAccount", got)
		}
	})

	t.Run("the scheduler comes back when it ends", func(t *testing.T) {
		ended := plane.Process("kube-scheduler")
		if err := ended.Kill(); err != nil {
			t.Fatal(err)
		}
		deadline := time.Now().Add(30 * time.Second)
		for plane.Process("kube-scheduler") == ended {
			if time.Now().After(deadline) {
				t.Fatal("nobody restarted it")
			}
			time.Sleep(10 * time.Millisecond)
		}
	})

	t.Run("the API server comes back at its address", func(t *testing.T) {
		if err := plane.StopAPI(); err != nil {
			t.Fatal(err)
		}
		if err := plane.StartAPI(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := admin.CoreV1().Pods("default").Get(t.Context(), "p", metav1.GetOptions{}); err != nil {
			t.Error(err)
		}
	})
}

func defaultToken(ctx context.Context, t *testing.T, admin kubernetes.Interface) string {
	t.Helper()
	request, err := admin.CoreV1().ServiceAccounts("default").
		CreateToken(ctx, "default", &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}
