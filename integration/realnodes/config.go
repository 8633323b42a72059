package realnodes

import (
	"embed"
	"os"
	"os/exec"
	"path/filepath"
	"text/template"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/kubeconfig"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/image"
)

//go:embed config
var configFiles embed.FS

var configs = template.Must(template.ParseFS(configFiles, "config/*"))

// facts are what the configuration files of a node say.
type facts struct {
	Name, Dir, Pods, AllPods, DNS, Pause, Runc string
}

// configure writes all that the programs of a node read.
func (n *Node) configure() error {
	runc, err := exec.LookPath("runc")
	if err != nil {
		return err
	}
	is := facts{
		Name: n.Name, Dir: n.dir, Pods: n.pods.String(), AllPods: allPods.String(),
		DNS: dnsAddress, Pause: image.Pause, Runc: runc,
	}
	for file, target := range map[string]string{
		"containerd.toml": "containerd.toml", "cni.conflist": "cni/10-pods.conflist",
		"kubelet.yaml": "kubelet.yaml", "proxy.yaml": "proxy.yaml",
	} {
		if err := is.write(file, filepath.Join(n.dir, target)); err != nil {
			return err
		}
	}
	if err := os.WriteFile(filepath.Join(n.dir, "resolv.conf"), nil, 0o644); err != nil {
		return err
	}
	plane := n.cluster.Plane
	if err := kubeconfig.Write(filepath.Join(n.dir, "kubelet.kubeconfig"), plane.KubeletConfig(n.Name), ""); err != nil {
		return err
	}
	return kubeconfig.Write(filepath.Join(n.dir, "proxy.kubeconfig"), plane.ProxyConfig(), "")
}

func (f facts) write(name, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := configs.ExecuteTemplate(out, name, f); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
