package release

import (
	"bytes"
	"context"
	_ "embed" // for the manifest
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"text/template"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/cluster"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/load"
)

//go:embed writers.yaml
var writersManifest string

// StartWriters starts a pod on each node that puts load on the set when it is told to.
func (r *Release) StartWriters(ctx context.Context) error {
	var manifest bytes.Buffer
	if err := template.Must(template.New("writers").Parse(writersManifest)).Execute(&manifest, WriterImage); err != nil {
		return err
	}
	path := filepath.Join(r.Dir, "writers.yaml")
	if err := os.WriteFile(path, manifest.Bytes(), 0o600); err != nil {
		return err
	}
	if _, err := r.Kubectl(ctx, "-n", r.Namespace, "apply", "-f", path); err != nil {
		return err
	}
	return r.FindWriters(ctx)
}

// FindWriters waits until every node has its writer, and learns their addresses: a node
// that was booted again has given its pods new ones.
func (r *Release) FindWriters(ctx context.Context) error {
	return realnodes.Wait(ctx, r.Patience, "the writers", func(ctx context.Context) error {
		pods, err := r.Pods(ctx, r.Namespace, "app=writer")
		if err != nil {
			return err
		}
		found := map[string]string{}
		for name, pod := range pods {
			if !cluster.Ready(pod) {
				return fmt.Errorf("%s is not ready", name)
			}
			address := net.JoinHostPort(pod.Status.PodIP, strconv.Itoa(load.Port))
			if conn, err := net.DialTimeout("tcp", address, time.Second); err != nil {
				return err
			} else if err := conn.Close(); err != nil {
				return err
			}
			found[pod.Spec.NodeName] = address
		}
		if len(found) != len(r.Nodes) {
			return fmt.Errorf("%d of %d", len(found), len(r.Nodes))
		}
		r.writers = found
		return nil
	})
}

// WriterOn is the writer of a node.
func (r *Release) WriterOn(node *realnodes.Node) load.Client {
	return load.Client{Address: r.writers[node.Name]}
}

// WriterBeside is a writer on another node than these.
func (r *Release) WriterBeside(busy ...*realnodes.Node) load.Client {
	for _, n := range r.Nodes {
		spared := true
		for _, b := range busy {
			spared = spared && n != b
		}
		if spared {
			return r.WriterOn(n)
		}
	}
	return r.WriterOn(r.Nodes[0])
}
