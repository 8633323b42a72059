package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/controlplane"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// Options says how the cluster is to be. The zero value is a good one: three nodes in
// three zones, crashed containers restarted and reported as kubelets do, with back-off.
type Options struct {
	Nodes    int                                      // 3 when zero
	Zones    []string                                 // see node.Options
	Lag      time.Duration                            // see node.Options
	Restarts []node.Restarts                          // see node.Options; whoever sets it says why
	Images   []node.Image                             // asked before the usual ones
	Service  string                                   // the service's binary; bin/redis-sentinel-k8s of this tree when empty
	Server   func(pod *corev1.Pod, url string) string // see node.Options
}

// Cluster is a running cluster.
type Cluster struct {
	Access
	Agent *node.Agent

	log     *os.File
	release func()
}

// Start starts a cluster and stops it when the test ends. Without the tools the
// test is skipped, or fails if CI=true. When the test fails, the logs are kept.
func Start(t testing.TB, options Options) *Cluster {
	t.Helper()
	tools := controlplane.RequireTools(t)
	c, err := New(t.Context(), tools, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the node agent's log; all of it is in %s:\n%s", c.Dir, c.logTail())
		}
		if err := c.Stop(t.Failed()); err != nil {
			t.Error(err)
		}
	})
	return c
}

// New starts a cluster for a caller without a test, such as TestMain.
func New(ctx context.Context, tools controlplane.Tools, options Options) (*Cluster, error) {
	c := &Cluster{Access: NewAccess(tools, "")}
	if err := c.start(ctx, options); err != nil {
		return nil, errors.Join(err, c.Stop(false))
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context, options Options) (err error) {
	if c.Dir, err = os.MkdirTemp("", "cluster-"); err != nil {
		return err
	}
	planeDir := filepath.Join(c.Dir, "controlplane")
	if err := os.Mkdir(planeDir, 0o700); err != nil {
		return err
	}
	c.Plane, err = controlplane.Start(ctx, controlplane.Options{Tools: c.Tools, Dir: planeDir})
	if err != nil {
		return err
	}
	if err := c.Reach(c.Plane); err != nil {
		return err
	}
	c.Values = installed(ctx)
	return c.startAgent(options)
}

// installed is the image that the node agent has, whatever its name: the Redis of the PATH.
// Nothing without one, which only tests that run none get by with.
func installed(ctx context.Context) Values {
	repository, tag, err := redis.Image(ctx, "redis-server")
	if err != nil {
		return nil
	}
	return Values{"redis": Values{"image": Values{"repository": repository, "tag": tag}}}
}

func (c *Cluster) startAgent(options Options) (err error) {
	images, err := c.images(options)
	if err != nil {
		return err
	}
	subnet, release, err := node.LockSubnet()
	if err != nil {
		return err
	}
	c.release = release
	if c.log, err = os.Create(filepath.Join(c.Dir, "agent.log")); err != nil {
		return err
	}
	log := logrus.New()
	log.SetOutput(c.log)
	log.SetFormatter(&logrus.TextFormatter{DisableColors: true, TimestampFormat: "15:04:05.000"})
	// Not the test's context: it ends before the clean-up, and with it the
	// processes that a clean-up may still want to ask.
	c.Agent, err = node.Start(context.Background(), node.Options{
		Client: c.Client, Config: c.Config, Server: options.Server, Images: images,
		Dir: filepath.Join(c.Dir, "pods"), Log: log,
		Nodes: options.Nodes, Zones: options.Zones, Subnet: subnet,
		Lag: options.Lag, Restarts: options.Restarts,
	})
	return err
}

func (c *Cluster) images(options Options) ([]node.Image, error) {
	servers, err := node.RedisImages()
	if err != nil {
		return nil, err
	}
	service := options.Service
	if service == "" {
		service = filepath.Join(c.Root, "bin", "redis-sentinel-k8s")
	}
	images := append([]node.Image{}, options.Images...)
	return append(append(images, node.ServiceImage(service)), servers...), nil
}

// Stop ends everything; nothing that the cluster started is left. The logs are
// removed unless they are to be kept.
func (c *Cluster) Stop(keepLogs bool) error {
	var errs []error
	if c.Agent != nil {
		errs = append(errs, c.Agent.Stop())
	}
	if c.Plane != nil {
		errs = append(errs, c.Plane.Stop())
	}
	if c.log != nil {
		errs = append(errs, c.log.Close())
	}
	if c.release != nil {
		c.release()
	}
	if !keepLogs {
		errs = append(errs, os.RemoveAll(c.Dir))
	}
	return errors.Join(errs...)
}

func (c *Cluster) logTail() string {
	text, err := os.ReadFile(c.log.Name())
	if err != nil {
		return fmt.Sprint(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}
