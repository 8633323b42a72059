package realnodes

import (
	"context"
	_ "embed" // for the manifest
	"os"
	"path/filepath"
)

//go:embed coredns.yaml
var corednsManifest []byte

// startDNS installs CoreDNS, with a pod on each node behind the Service that every kubelet
// names to its pods.
func (c *Cluster) startDNS(ctx context.Context) error {
	path := filepath.Join(c.Dir, "coredns.yaml")
	if err := os.WriteFile(path, corednsManifest, 0o600); err != nil {
		return err
	}
	_, err := c.Kubectl(ctx, "apply", "-f", path)
	return err
}
