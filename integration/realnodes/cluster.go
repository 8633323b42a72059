package realnodes

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"golang.org/x/sync/errgroup"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/controlplane"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/image"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/machine"
)

// Options says how a cluster is to be.
type Options struct {
	Dir      string          // of machine.Inside: all is written below it
	Nodes    int             // 3 when zero
	Images   []image.Archive // that every node imports
	Progress Progress
}

// Progress takes what a person who waits may read.
type Progress func(line string)

// Write makes a Progress of what programs print.
func (p Progress) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		p(strings.TrimSpace(line))
	}
	return len(text), nil
}

// Cluster is a running cluster of real nodes.
type Cluster struct {
	cluster.Access
	Nodes []*Node

	binaries Binaries
	images   []image.Archive
	network  *machine.Switch
	progress Progress
}

// Start starts a control plane and its nodes, with DNS, and returns when all nodes are
// ready. On an error nothing is left running.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	tools, err := controlplane.FindTools()
	if err != nil {
		return nil, err
	}
	binaries, err := FindBinaries()
	if err != nil {
		return nil, err
	}
	c := &Cluster{
		Access: cluster.NewAccess(tools, options.Dir), binaries: binaries, images: options.Images, progress: options.Progress,
	}
	if c.progress == nil {
		c.progress = func(string) {}
	}
	for n := range cmp.Or(options.Nodes, 3) {
		c.Nodes = append(c.Nodes, newNode(c, n+1))
	}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("real nodes: %w", err), c.Stop())
	}
	return c, nil
}

func (c *Cluster) start(ctx context.Context) (err error) {
	if c.network, err = machine.NewSwitch(switchAddress); err != nil {
		return err
	}
	for _, n := range c.Nodes {
		if err := c.network.Route(n.pods, nodeAddress(n.number)); err != nil {
			return err
		}
	}
	c.progress("starting the control plane")
	if err := c.startPlane(ctx); err != nil {
		return err
	}
	c.progress(fmt.Sprintf("booting %d nodes", len(c.Nodes)))
	boots, booting := errgroup.WithContext(ctx)
	for _, n := range c.Nodes {
		boots.Go(func() error { return n.Boot(booting) })
	}
	if err := boots.Wait(); err != nil {
		return err
	}
	if err := c.startDNS(ctx); err != nil {
		return err
	}
	c.progress("waiting for the nodes to be ready")
	return c.awaitNodes(ctx)
}

func (c *Cluster) startPlane(ctx context.Context) error {
	dir := filepath.Join(c.Dir, "controlplane")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var names []string
	for _, n := range c.Nodes {
		names = append(names, n.Name)
	}
	plane, err := controlplane.Start(ctx, controlplane.Options{
		Tools: c.Tools, Dir: dir, Kubelets: names, Address: switchAddress.Addr().String(),
	})
	if err != nil {
		return err
	}
	return c.Reach(plane)
}

func (c *Cluster) awaitNodes(ctx context.Context) error {
	return Wait(ctx, upMost, "nodes", func(ctx context.Context) error {
		nodes, err := c.Client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		ready := 0
		for _, n := range nodes.Items {
			if isReady(n) && len(n.Spec.Taints) == 0 {
				ready++
			}
		}
		if ready < len(c.Nodes) {
			return fmt.Errorf("%d of %d nodes are ready", ready, len(c.Nodes))
		}
		return nil
	})
}

func isReady(n corev1.Node) bool {
	for _, condition := range n.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// Stop ends everything that Start has started.
func (c *Cluster) Stop() error {
	var errs []error
	for _, n := range c.Nodes {
		errs = append(errs, n.Kill())
	}
	if c.Plane != nil {
		errs = append(errs, c.Plane.Stop())
	}
	if c.network != nil {
		errs = append(errs, c.network.Remove())
	}
	return errors.Join(errs...)
}

// Wait tries until there is no error, and returns the last one when the time is up.
func Wait(ctx context.Context, within time.Duration, what string, try func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	last := errors.New("not tried")
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil {
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s: not within %v: %w", what, within, last)
		case <-time.After(pollEvery):
		}
	}
}

// Node is the node of a name, nil when there is none.
func (c *Cluster) Node(name string) *Node {
	for _, n := range c.Nodes {
		if n.Name == name {
			return n
		}
	}
	return nil
}
