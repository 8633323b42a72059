package embedded

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

const (
	// ServiceContainer is the container of a replica's pod.
	ServiceContainer = "sentinel"

	imageName = "redis-sentinel-k8s:embedded"
	nodeIP    = "127.0.0.1" // clients find each replica by its port
	httpPort  = 9121
)

// Replica is what one replica of the service is told.
type Replica struct {
	PodName, PodUID, IP string
	Port                int // where clients are told to find it
	// HTTP is where a process has its /metrics. A function chooses for itself.
	HTTP string
	// Clients are those of a function; a process has a kubeconfig.
	Clients k8s.Clients
}

// serviceImage runs the service as a function of this program, or as a process.
func (c *Cluster) serviceImage() node.Image {
	image := node.Image{Match: "redis-sentinel-k8s:*", Path: c.options.ServiceBinary, Names: []string{"redis-sentinel-k8s"}}
	if image.Path != "" {
		return image
	}
	image.Self = func(ctx context.Context, task node.Task) error {
		return c.options.Service(ctx, Replica{
			PodName: task.Pod.Name, PodUID: string(task.Pod.UID), IP: task.IP,
			Port: int(task.Pod.Spec.Containers[0].Ports[0].ContainerPort),
			Clients: k8s.Clients{
				Calls: c.API.Client(), Watches: c.API.Client(), Leader: c.API.Client(),
			},
		})
	}
	return image
}

// servicePod is one replica of the service. All share the address of the node, so
// each has a port of its own and names it.
func (c *Cluster) servicePod(number, port int) *corev1.Pod {
	name := "sentinel-" + strconv.Itoa(number)
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: Namespace, Labels: map[string]string{"app": ServiceContainer}},
		Spec: corev1.PodSpec{
			NodeName: "node-0", HostNetwork: true,
			RestartPolicy: corev1.RestartPolicyAlways, TerminationGracePeriodSeconds: new(int64(10)),
			Containers: []corev1.Container{{
				Name: ServiceContainer, Image: imageName,
				Ports:          []corev1.ContainerPort{{Name: "sentinel", ContainerPort: int32(port)}},
				ReadinessProbe: connects(port),
			}},
		},
	}
	if c.options.ServiceBinary != "" {
		container := &pod.Spec.Containers[0]
		container.Env = []corev1.EnvVar{{Name: uidVariable, ValueFrom: &corev1.EnvVarSource{
			FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.uid"},
		}}}
		container.Args = c.serviceArgs(Replica{
			PodName: name, PodUID: "$(" + uidVariable + ")", IP: nodeIP, Port: port,
			HTTP: net.JoinHostPort(fmt.Sprintf("127.%d.255.%d", c.options.Subnet, number+1), strconv.Itoa(httpPort)),
		})
	}
	return pod
}

// uidVariable stands for a UID that the API has not given yet.
const uidVariable = "POD_UID"

// serviceArgs are the flags of a process. Its HTTP port has an address of its own,
// that no node gives to its pods. Those of the user come last and so win.
func (c *Cluster) serviceArgs(r Replica) []string {
	host, port, _ := net.SplitHostPort(r.HTTP)
	args := []string{
		"--kubeconfig", c.Server.Kubeconfig,
		"--namespace", Namespace, "--lease-prefix", LeasePrefix, "--peer-selector", PeerSelector,
		"--pod-name", r.PodName, "--pod-uid", r.PodUID, "--pod-ip", r.IP,
		"--bind", r.IP, "--port", strconv.Itoa(r.Port), "--http-bind", host, "--http-port", port,
		"--shutdown-delay", "0s", // clients find it by its address, not by endpoints that follow
	}
	if c.options.ServiceFlags != nil {
		args = slices.Concat(args, c.options.ServiceFlags(r))
	}
	return args
}
