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
	// RedisServer is the binary; OldRedis tells that it is older than 7.0.
	RedisServer string
	OldRedis    bool
	// RedisArgs are more arguments of every Redis; they win over the chart's.
	RedisArgs []string
	// Annotate gives Redis pods annotations, by their names; may be nil.
	Annotate func(podName string) map[string]string
	// Subnet and Dir are those of the node agent.
	Subnet int
	Dir    string
	// Restarts says when a process that has ended is started again. AtOnce when nil:
	// what compares and measures here kills the same few processes again and again, and
	// a process that is back at once is the hardest case for both sides.
	Restarts *node.Restarts
	// Service runs one replica of the service until ctx is done.
	Service func(ctx context.Context, replica Replica) error
	// ServiceBinary runs the replicas as processes of their own in place of Service.
	ServiceBinary string
	// ServiceFlags are more flags of a process; they come last and so win. PodUID is
	// a variable that the node agent replaces. May be nil.
	ServiceFlags func(replica Replica) []string
	// Log hears what the node agent does.
	Log logrus.FieldLogger
}

func (o *Options) restarts() node.Restarts {
	if o.Restarts == nil {
		return node.AtOnce
	}
	return *o.Restarts
}

// Cluster is a running cluster.
type Cluster struct {
	API *API
	// Server is what the processes of the service talk to; nil without them.
	Server *Server

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
	if o.ServiceBinary != "" {
		var err error
		if c.Server, err = api.Serve(o.Dir); err != nil {
			cancel()
			return nil, err
		}
	}
	agent, err := node.Start(inner, node.Options{
		Client: c.API.Client(), Images: c.images(), Dir: o.Dir, Nodes: nodes, Subnet: o.Subnet,
		Restarts: []node.Restarts{o.restarts()}, Log: o.Log,
	})
	if err != nil {
		cancel()
		return nil, errors.Join(err, c.stopServing())
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
	return errors.Join(err, c.stopServing())
}

// Agent is the node agent, which knows each container's process and its log.
func (c *Cluster) Agent() *node.Agent { return c.agent }

func (c *Cluster) stopServing() error {
	if c.Server == nil {
		return nil
	}
	return c.Server.Stop()
}

func (c *Cluster) control(ctx context.Context, nodes int) {
	controller := &controller{
		client: c.API.Client(), nodes: nodes, annotate: c.options.Annotate, log: c.options.Log.WithField("component", "controller"),
	}
	if err := controller.run(ctx); err != nil {
		controller.log.WithError(err).Error("controller ended")
	}
}

// images are what the pods run.
func (c *Cluster) images() []node.Image {
	server := node.RedisImage
	if c.options.OldRedis {
		server = node.OldRedisImage
	}
	return []node.Image{server("redis:*", c.options.RedisServer), c.serviceImage()}
}

// populate makes one set after the other, so that their addresses are in order.
func (c *Cluster) populate(ctx context.Context) error {
	for _, master := range c.options.Masters {
		set := redisSet(master, c.options.Replicas, c.options.RedisPort, c.options.RedisArgs)
		if _, err := c.client.AppsV1().StatefulSets(Namespace).Create(ctx, set, metav1.CreateOptions{}); err != nil {
			return err
		}
		if err := c.awaitAddresses(ctx, master); err != nil {
			return err
		}
	}
	for number, port := range c.options.SentinelPorts {
		if _, err := c.client.CoreV1().Pods(Namespace).Create(ctx, c.servicePod(number, port), metav1.CreateOptions{}); err != nil {
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

// Pod is one pod as it is now.
type Pod struct {
	Name    string
	Address string // host:port as it is announced; empty before it has one
	PID     int    // 0 while no process runs, and for a function
}

// Pods are the Redis pods of a master, by name.
func (c *Cluster) Pods(ctx context.Context, master string) ([]Pod, error) {
	return c.selected(ctx, masterLabel+"="+master)
}

// Sentinels are the pods of the service, by name.
func (c *Cluster) Sentinels(ctx context.Context) ([]Pod, error) {
	return c.selected(ctx, PeerSelector)
}

func (c *Cluster) selected(ctx context.Context, selector string) ([]Pod, error) {
	list, err := c.client.CoreV1().Pods(Namespace).List(ctx, metav1.ListOptions{LabelSelector: selector})
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
	pod, container := Pod{Name: object.Name}, object.Spec.Containers[0]
	if object.Status.PodIP != "" {
		pod.Address = net.JoinHostPort(object.Status.PodIP, strconv.Itoa(int(container.Ports[0].ContainerPort)))
	}
	if process, err := c.agent.Process(object.Namespace, object.Name, container.Name); err == nil {
		pod.PID = process.PID
	}
	return pod
}
