package controlplane

import (
	"fmt"
	"net"
	"path/filepath"
)

func (c *ControlPlane) etcdArgs() []string {
	client := fmt.Sprintf("http://127.0.0.1:%d", c.ports.etcd)
	peer := fmt.Sprintf("http://127.0.0.1:%d", c.ports.etcdPeer)
	return []string{
		"--name=test", "--data-dir=" + filepath.Join(c.dir, "etcd"),
		"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=test=" + peer,
		"--unsafe-no-fsync", "--log-level=warn",
	}
}

func (c *ControlPlane) apiserverArgs() []string {
	return c.withGates(append([]string{
		fmt.Sprintf("--etcd-servers=http://127.0.0.1:%d", c.ports.etcd),
		"--bind-address=" + c.address, fmt.Sprintf("--secure-port=%d", c.ports.api),
		"--cert-dir=" + filepath.Join(c.dir, "certificates"),
		"--service-cluster-ip-range=10.96.0.0/16",
		"--anonymous-auth=false",
		"--token-auth-file=" + c.creds.tokenFile,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.creds.keyFile,
		"--service-account-signing-key-file=" + c.creds.keyFile,
		"--shutdown-delay-duration=0", "--profiling=false",
	}, c.apiserverNodeArgs()...))
}

func (c *ControlPlane) apiserverNodeArgs() []string {
	if len(c.kubelets) > 0 {
		return []string{
			"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
			// For logs and exec. Nobody here knows the nodes by their names, which come first otherwise.
			"--kubelet-preferred-address-types=InternalIP",
		}
	}
	return []string{
		"--authorization-mode=RBAC",
		// Without it a new Node is tainted "not ready" until a controller has
		// looked at it, and no pod starts for some seconds.
		"--disable-admission-plugins=TaintNodesByCondition",
	}
}

func (c *ControlPlane) controllerManagerArgs() []string {
	args := []string{
		"--kubeconfig=" + c.Kubeconfig(), "--leader-elect=false", "--secure-port=0",
		"--service-account-private-key-file=" + c.creds.keyFile,
		"--root-ca-file=" + c.certificate(),
		"--controller-start-interval=0s", "--profiling=false",
	}
	if len(c.kubelets) > 0 {
		return c.withGates(args)
	}
	return c.withGates(append(args,
		// Pods have loopback addresses here, which Endpoints and EndpointSlices
		// refuse: Services stay empty, and these would only try again and again.
		"--controllers=*,-endpoints-controller,-endpointslice-controller,-endpointslice-mirroring-controller",
		"--kube-api-qps=500", "--kube-api-burst=500",
	))
}

func (c *ControlPlane) schedulerArgs() []string {
	return c.withGates([]string{
		"--kubeconfig=" + c.Kubeconfig(), "--leader-elect=false", "--secure-port=0",
		"--kube-api-qps=500", "--kube-api-burst=500", "--profiling=false",
	})
}

func (c *ControlPlane) withGates(args []string) []string {
	if c.gates == "" {
		return args
	}
	return append(args, "--feature-gates="+c.gates)
}

// certificate is the file that the API server writes when it starts: its own
// certificate, then that of the authority that signed it.
func (c *ControlPlane) certificate() string {
	return filepath.Join(c.dir, "certificates", "apiserver.crt")
}

type ports struct{ etcd, etcdPeer, api int }

// freePorts asks the kernel for ports that nobody uses. They are free again for
// a moment before our processes take them; the kernel hands out others meanwhile.
func freePorts() (ports, error) {
	var numbers [3]int
	for i := range numbers {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return ports{}, err
		}
		defer func() { _ = listener.Close() }()
		numbers[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports{etcd: numbers[0], etcdPeer: numbers[1], api: numbers[2]}, nil
}
