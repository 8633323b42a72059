package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
)

const (
	release   = "dev"
	namespace = "default"
)

// run starts everything, says what can be done with it, and takes it away when asked to.
func run(ctx context.Context, o options) (err error) {
	began := time.Now()
	progress := func(line string) { fmt.Printf("%.1fs  %s\n", time.Since(began).Seconds(), line) }
	images, err := realnodes.Images(ctx, progress)
	if err != nil {
		return err
	}
	c, err := realnodes.Start(ctx, realnodes.Options{Dir: o.dir, Nodes: o.nodes, Images: images, Progress: progress})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	progress("installing the chart")
	notes, err := install(ctx, c, o)
	if err != nil {
		return err
	}
	config, err := openDoor(ctx, c)
	if err != nil {
		return err
	}
	orders, err := takeOrders(ctx, c)
	if err != nil {
		return err
	}
	progress("ready")
	fmt.Print(guide(c, config, notes, orders))
	<-ctx.Done()
	fmt.Println("\nending all nodes")
	return nil
}

func install(ctx context.Context, c *realnodes.Cluster, o options) (notes string, err error) {
	values := cluster.Values{}
	if o.nodes < 3 {
		values["antiAffinity"] = "soft" // three servers on fewer nodes
	}
	if o.redis != "" {
		repository, tag, _ := strings.Cut(o.redis, ":")
		values["redis"] = cluster.Values{"image": cluster.Values{"repository": repository, "tag": tag}}
	}
	file, err := cluster.WriteValues(c.Dir, values)
	if err != nil {
		return "", err
	}
	out, err := c.Helm(ctx, "install", release, c.Chart, "-n", namespace, "-f", file, "--wait", "--timeout", "5m")
	_, notes, _ = strings.Cut(out, "NOTES:\n")
	return notes, err
}

// guide is what a person reads. Each line that is set in by two blanks can be pasted.
func guide(c *realnodes.Cluster, config, notes, orders string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "\n%d real nodes are up, and the chart is installed as release %q. In another terminal:\n\n", len(c.Nodes), release)
	fmt.Fprintf(&out, "  export KUBECONFIG=%s PATH=%s:$PATH\n", config, filepath.Dir(c.Tools.Path("kubectl")))
	fmt.Fprintf(&out, "  kubectl get nodes\n  kubectl get pods -o wide\n\n")
	fmt.Fprintf(&out, "What the chart says of itself:\n\n%s\n", notes)
	last := c.Nodes[len(c.Nodes)-1].Name
	fmt.Fprintf(&out, "What happens to nodes, here to %s: its power fails and comes back, its cable is pulled and put in again,\n", last)
	fmt.Fprintf(&out, "its kubelet ends and begins:\n\n")
	for _, order := range orderNames {
		fmt.Fprintf(&out, "  echo %s %s > %s\n", order, last, orders)
	}
	out.WriteString("\nCtrl-C ends everything and leaves nothing behind.\n")
	return out.String()
}
