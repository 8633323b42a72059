package cluster

import (
	"path/filepath"
	"runtime"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/controlplane"
)

// Access is what a person has who uses a cluster: a client, kubectl, Helm and the chart.
// It is the same on imitated nodes and on real ones.
type Access struct {
	Client     kubernetes.Interface // with all rights
	Config     *rest.Config
	Kubeconfig string // the admin's, a file
	Plane      *controlplane.ControlPlane
	Root       string // this tree
	Chart      string // the folder of the chart redis-cache
	Dir        string // everything the cluster writes
	Tools      controlplane.Tools
	Values     Values // of every release, unless it has others
}

// NewAccess is the access to a cluster whose control plane runs, or does so later (Reach).
func NewAccess(tools controlplane.Tools, dir string) Access {
	return Access{Tools: tools, Dir: dir, Root: root(), Chart: filepath.Join(root(), "charts", "redis-cache")}
}

// Reach connects to a control plane as its admin.
func (c *Access) Reach(plane *controlplane.ControlPlane) (err error) {
	c.Plane, c.Config, c.Kubeconfig = plane, plane.Config(), plane.Kubeconfig()
	c.Client, err = plane.Client()
	return err
}

// root is the tree that this file belongs to.
func root() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(filepath.Dir(here)))
}
