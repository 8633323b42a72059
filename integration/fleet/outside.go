package fleet

import (
	"context"
	"fmt"
	"net"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/embedded"
)

// httpPort is where a process of the service has its /metrics, at its own address.
const httpPort = 9121

// Serve opens the API over HTTP, for replicas of the service that are processes of
// their own (see Outside). The caller stops it, after those processes.
func (c *Cluster) Serve(dir string) (*embedded.Server, error) { return c.api.Serve(dir) }

// Outside declares one more replica of the service and returns the flags that its
// process must be given, and the address where it will listen.
func (c *Cluster) Outside(ctx context.Context, kubeconfig string) (flags []string, addr string, err error) {
	number := len(c.hosts)
	pod, ip := servicePod(number), fmt.Sprintf("127.%d.255.%d", c.subnet, number+1)
	if err := createPod(ctx, c.client, pod, ip, "fleet://"+pod.Name); err != nil {
		return nil, "", err
	}
	c.hosts = append(c.hosts, ip)
	return []string{
		"--kubeconfig", kubeconfig, "--namespace", namespace, "--lease-prefix", leasePrefix, "--peer-selector", "app=sentinel",
		"--pod-name", pod.Name, "--pod-uid", pod.Name, "--pod-ip", ip,
		"--bind", ip, "--port", strconv.Itoa(SentinelPort), "--http-bind", ip, "--http-port", strconv.Itoa(httpPort),
		"--shutdown-delay", "0s", // clients find it by its address, not by endpoints that follow
	}, net.JoinHostPort(ip, strconv.Itoa(SentinelPort)), nil
}

// Intruder declares a pod that nobody controls, as a set of its own, and returns the address
// at which whatever the caller starts is taken for its Redis.
func (c *Cluster) Intruder(ctx context.Context, number int) (addr string, err error) {
	name, ip := "intruder-"+strconv.Itoa(number), fmt.Sprintf("127.%d.254.%d", c.subnet, number+1)
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: setLabels(name)},
		Spec:       corev1.PodSpec{NodeName: "node-0", Containers: []corev1.Container{container("redis", "redis", redisPort)}},
	}
	return net.JoinHostPort(ip, strconv.Itoa(redisPort)), createPod(ctx, c.client, pod, ip, "fleet://"+name)
}

const redisPort = 6379

// Metrics are the addresses of the ports with /metrics.
func (c *Cluster) Metrics() []string {
	addrs := make([]string, len(c.hosts))
	for i, host := range c.hosts {
		addrs[i] = net.JoinHostPort(host, strconv.Itoa(httpPort))
	}
	return addrs
}
