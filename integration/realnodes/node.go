package realnodes

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"syscall"
	"time"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/machine"
)

// Node is a real Kubernetes node: a machine with containerd, kubelet and kube-proxy.
type Node struct {
	Name    string
	Zone    string
	Machine *machine.Machine // nil while it is off

	cluster *Cluster
	number  int
	dir     string
	pods    netip.Prefix
}

// The programs of a node. systemd would restart them; here whoever stops one starts it again.
const (
	Containerd = "containerd"
	Kubelet    = "kubelet"
	KubeProxy  = "kube-proxy"
)

const (
	pollEvery = 50 * time.Millisecond
	upMost    = 2 * time.Minute // a busy computer; usually a second
)

func newNode(c *Cluster, number int) *Node {
	name := fmt.Sprintf("n%d", number)
	return &Node{
		Name: name, Zone: fmt.Sprintf("z%d", number), cluster: c, number: number,
		dir: filepath.Join(c.Dir, name), pods: podNetwork(number),
	}
}

// Boot switches the node on. After a Kill it finds its disk as it was, and its pods come
// back with their UIDs and with other addresses.
func (n *Node) Boot(ctx context.Context) error {
	plan := machine.Plan{
		Name: n.Name, Dir: n.dir,
		Address: netip.PrefixFrom(nodeAddress(n.number), switchAddress.Bits()),
		Routes:  routes(n.number, len(n.cluster.Nodes)),
		Disk: map[string]string{
			"/var/lib/kubelet": "kubelet", "/var/lib/containerd": "containerd", "/var/lib/cni": "cni-state",
			"/var/log/pods": "pod-logs", "/var/log/containers": "container-logs",
		},
		Shadows: shadows,
		Sysctls: map[string]string{"net/ipv4/ip_forward": "1", "net/bridge/bridge-nf-call-iptables": "1"},
	}
	booted, err := machine.Boot(ctx, n.cluster.network, plan)
	if err != nil {
		return err
	}
	n.Machine = booted
	if err := n.configure(); err != nil {
		return err
	}
	if err := n.StartContainerd(ctx); err != nil {
		return err
	}
	if err := n.importImages(ctx); err != nil {
		return err
	}
	return errors.Join(n.StartKubelet(ctx), n.startProxy(ctx))
}

// shadows are what a kubelet sets for the whole computer, with the values that it wants to see.
var shadows = map[string]string{
	"/proc/sys/vm/overcommit_memory":      "1\n",
	"/proc/sys/vm/panic_on_oom":           "0\n",
	"/proc/sys/kernel/panic":              "10\n",
	"/proc/sys/kernel/panic_on_oops":      "1\n",
	"/proc/sys/kernel/keys/root_maxkeys":  "1000000\n",
	"/proc/sys/kernel/keys/root_maxbytes": "25000000\n",
}

// Kill cuts the node's power.
func (n *Node) Kill() error {
	if n.Machine == nil {
		return nil
	}
	defer func() { n.Machine = nil }()
	return n.Machine.Kill()
}

// StartContainerd starts containerd and returns when it answers.
func (n *Node) StartContainerd(ctx context.Context) error {
	err := n.Machine.Start(ctx, Containerd, n.cluster.binaries.Path(Containerd), "--config", filepath.Join(n.dir, "containerd.toml"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, upMost)
	defer cancel()
	for {
		_, err := n.ctr(ctx, "version")
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("containerd on %s: %w", n.Name, err)
		case <-time.After(pollEvery):
		}
	}
}

// StartKubelet starts the kubelet. It does not wait for the node to be ready.
func (n *Node) StartKubelet(ctx context.Context) error {
	return n.Machine.Start(ctx, Kubelet, n.cluster.binaries.Path(Kubelet),
		"--config="+filepath.Join(n.dir, "kubelet.yaml"), "--kubeconfig="+filepath.Join(n.dir, "kubelet.kubeconfig"),
		"--hostname-override="+n.Name, "--node-ip="+nodeAddress(n.number).String(),
		"--node-labels=topology.kubernetes.io/zone="+n.Zone, "--v=2")
}

func (n *Node) startProxy(ctx context.Context) error {
	return n.Machine.Start(ctx, KubeProxy, n.cluster.binaries.Path(KubeProxy), "--config="+filepath.Join(n.dir, "proxy.yaml"))
}

// Stop kills one of the node's programs. Containers run on without containerd, and pods
// without a kubelet.
func (n *Node) Stop(ctx context.Context, program string) error {
	return n.Machine.Stop(ctx, program)
}

// Freeze stops one of the node's programs where it is; Thaw lets it go on.
func (n *Node) Freeze(ctx context.Context, program string) error {
	return n.Machine.Signal(ctx, program, syscall.SIGSTOP)
}

// Thaw ends a Freeze.
func (n *Node) Thaw(ctx context.Context, program string) error {
	return n.Machine.Signal(ctx, program, syscall.SIGCONT)
}

func (n *Node) ctr(ctx context.Context, args ...string) (string, error) {
	return n.Machine.Run(ctx, append([]string{n.cluster.binaries.Path("ctr"), "--namespace", "k8s.io"}, args...)...)
}
