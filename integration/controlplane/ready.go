package controlplane

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	pollEvery    = 50 * time.Millisecond
	startTimeout = 2 * time.Minute // a busy CI machine; usually a few seconds
)

// waitForAPI waits until the API server has written its certificate and is ready.
func (c *ControlPlane) waitForAPI(ctx context.Context) (*rest.Config, error) {
	var config *rest.Config
	err := c.poll(ctx, "API server", func(ctx context.Context) error {
		authority, err := os.ReadFile(c.certificate())
		if err != nil {
			return err
		}
		config = &rest.Config{
			Host: c.url(), BearerToken: c.creds.token,
			TLSClientConfig: rest.TLSClientConfig{CAData: authority},
		}
		client, err := kubernetes.NewForConfig(config)
		if err != nil {
			return err
		}
		return client.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
	return config, err
}

func (c *ControlPlane) waitForDefaultServiceAccount(ctx context.Context) error {
	client, err := c.Client()
	if err != nil {
		return err
	}
	return c.poll(ctx, "default ServiceAccount", func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", metav1.GetOptions{})
		return err
	})
}

// poll tries until there is no error. It gives up early when a process has died that
// nobody restarts, with the end of that process's log in the error.
func (c *ControlPlane) poll(ctx context.Context, what string, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		for _, name := range []string{"etcd", "kube-apiserver"} {
			p := c.Process(name)
			if p == nil {
				continue // not started yet
			}
			select {
			case <-p.Done():
				return fmt.Errorf("%s ended with code %d:\n%s", name, p.ExitCode(), c.logTail(name))
			default:
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for %s: %w (last: %w)", what, ctx.Err(), err)
		case <-time.After(pollEvery):
		}
	}
}

func (c *ControlPlane) logTail(name string) string {
	text, err := os.ReadFile(c.Log(name))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
