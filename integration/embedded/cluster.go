package embedded

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/node"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

// What a replica of the service needs to find its pods.
const (
	Namespace    = "demo"
	LeasePrefix  = "demo-"
	PeerSelector = "app=sentinel"
)

// startWithin is how long the pods of one master may take to get addresses.
const startWithin = 30 * time.Second

// Options say what runs in a Cluster.
type Options struct {
	// Masters are the names of the masters.
	Masters []string
	// Replicas is the number of replicas that each master has, 0 to 249.
	Replicas int
	// SentinelPorts are the ports at 127.0.0.1 of the replicas of the service.
	SentinelPorts []int
	// RedisPort is where every Redis listens, at its pod's own address.
	RedisPort int
	// RedisServer is the binary.
	RedisServer string
	// Subnet and Dir are those of the node agent.
	Subnet int
	Dir    string
	// Service runs one replica of the service until ctx is done.
	Service func(ctx context.Context, replica Replica) error
	// Log hears what the node agent does.
	Log logrus.FieldLogger
}

// Replica is what one replica of the service is told.
type Replica struct {
	PodName, PodUID, IP string
	Port                int
	Clients             k8s.Clients
}

// Cluster is a running cluster.
type Cluster struct {
	API     *API
	client  kubernetes.Interface
	options Options
	agent   *node.Agent
	cancel  context.CancelFunc
	running sync.WaitGroup
}

// Start starts everything and returns when every Redis pod has its address; their
// processes and the service may take longer. The cluster ends with Stop.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	api := NewAPI()
	c := &Cluster{API: api, client: api.Client(), options: o}
	// The processes live until Stop, which waits for them.
	inner, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.cancel = cancel
	nodes := o.Replicas + 1
	agent, err := node.Start(inner, node.Options{
		Client: c.API.Client(), Images: c.images(), Dir: o.Dir, Nodes: nodes, Subnet: o.Subnet,
		RestartDelay: node.AtOnce, Log: o.Log,
	})
	if err != nil {
		cancel()
		return nil, err
	}
	c.agent = agent
	c.running.Go(func() { c.API.Forget(inner) })
	c.running.Go(func() { c.control(inner, nodes) })
	if err := c.populate(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// Stop ends all processes and returns when they are gone.
func (c *Cluster) Stop() error {
	c.cancel()
	err := c.agent.Stop()
	c.running.Wait()
	return err
}

func (c *Cluster) control(ctx context.Context, nodes int) {
	controller := &controller{client: c.API.Client(), nodes: nodes, log: c.options.Log.WithField("component", "controller")}
	if err := controller.run(ctx); err != nil {
		controller.log.WithError(err).Error("controller ended")
	}
}

// images are what the pods run: Redis as processes, the service in this program.
func (c *Cluster) images() []node.Image {
	service := node.Image{Match: "redis-sentinel-k8s:*", Self: func(ctx context.Context, task node.Task) error {
		return c.options.Service(ctx, Replica{
			PodName: task.Pod.Name, PodUID: string(task.Pod.UID), IP: task.IP,
			Port: int(task.Pod.Spec.Containers[0].Ports[0].ContainerPort),
			Clients: k8s.Clients{
				Calls: c.API.Client(), Watches: c.API.Client(), Leader: c.API.Client(),
			},
		})
	}}
	return []node.Image{node.RedisImage("redis:*", c.options.RedisServer), service}
}

// populate makes one set after the other, so that their addresses are in order.
func (c *Cluster) populate(ctx context.Context) error {
	for _, master := range c.options.Masters {
		set := redisSet(master, c.options.Replicas, c.options.RedisPort)
		if _, err := c.client.AppsV1().StatefulSets(Namespace).Create(ctx, set, metav1.CreateOptions{}); err != nil {
			return err
		}
		if err := c.awaitAddresses(ctx, master); err != nil {
			return err
		}
	}
	for number, port := range c.options.SentinelPorts {
		if _, err := c.client.CoreV1().Pods(Namespace).Create(ctx, servicePod(number, port), metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) awaitAddresses(ctx context.Context, master string) error {
	ctx, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	for {
		pods, err := c.Pods(ctx, master)
		if err != nil {
			return err
		}
		with := 0
		for _, pod := range pods {
			if pod.Address != "" {
				with++
			}
		}
		if with == c.options.Replicas+1 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s has %d pods with an address, want %d: %w", master, with, c.options.Replicas+1, ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
}

// Pod is one Redis pod as it is now.
type Pod struct {
	Name    string
	Address string // host:port; empty before it has one
	PID     int    // 0 while no process runs
}

// Pods are the Redis pods of a master, by name.
func (c *Cluster) Pods(ctx context.Context, master string) ([]Pod, error) {
	list, err := c.client.CoreV1().Pods(Namespace).List(ctx, metav1.ListOptions{LabelSelector: masterLabel + "=" + master})
	if err != nil {
		return nil, err
	}
	pods := make([]Pod, 0, len(list.Items))
	for i := range list.Items {
		pods = append(pods, c.pod(&list.Items[i]))
	}
	return pods, nil
}

func (c *Cluster) pod(object *corev1.Pod) Pod {
	pod := Pod{Name: object.Name}
	if object.Status.PodIP != "" {
		pod.Address = net.JoinHostPort(object.Status.PodIP, strconv.Itoa(c.options.RedisPort))
	}
	if process, err := c.agent.Process(object.Namespace, object.Name, redisContainer); err == nil {
		pod.PID = process.PID
	}
	return pod
}
