package controlplane

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/kubeconfig"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

// Options says how to start a control plane. Only Tools is needed.
type Options struct {
	Tools Tools
	// Dir receives data, credentials and a log per process. Empty: a new
	// temporary folder, which Stop removes.
	Dir string
	// FeatureGates are handed to all processes, such as "WatchListClient=false".
	FeatureGates string
	// Kubelets are the names of real nodes, whose kubelets and kube-proxies have
	// credentials of their own (KubeletConfig, ProxyConfig) and the rights of a node.
	// With any, nothing is left out for the sake of a node agent.
	Kubelets []string
	// Address is where the API server is reached: that of this computer which other
	// nodes know. 127.0.0.1 when empty.
	Address string
}

// ControlPlane is a running control plane.
type ControlPlane struct {
	dir       string
	removeDir bool
	tools     Tools
	gates     string
	kubelets  []string
	address   string
	ports     ports
	creds     credentials
	config    *rest.Config
	stopping  chan struct{}

	mu        sync.Mutex
	stopped   bool
	processes map[string]*process.Process
}

// Start starts a control plane and returns when it serves: /readyz is ok and the
// controllers have made the default ServiceAccount. On an error nothing is left
// running.
func Start(ctx context.Context, options Options) (*ControlPlane, error) {
	c := &ControlPlane{
		dir: options.Dir, tools: options.Tools, gates: options.FeatureGates,
		kubelets: options.Kubelets, address: cmp.Or(options.Address, "127.0.0.1"),
		processes: map[string]*process.Process{}, stopping: make(chan struct{}),
	}
	if err := c.start(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("control plane: %w", err), c.Stop())
	}
	return c, nil
}

func (c *ControlPlane) start(ctx context.Context) (err error) {
	if c.dir == "" {
		c.removeDir = true
		if c.dir, err = os.MkdirTemp("", "controlplane-"); err != nil {
			return err
		}
	}
	if c.ports, err = freePorts(); err != nil {
		return err
	}
	if c.creds, err = newCredentials(c.dir, c.kubelets); err != nil {
		return err
	}
	if err := c.run("etcd", c.etcdArgs()); err != nil {
		return err
	}
	if err := c.run("kube-apiserver", c.apiserverArgs()); err != nil {
		return err
	}
	if c.config, err = c.waitForAPI(ctx); err != nil {
		return err
	}
	if err := kubeconfig.Write(c.Kubeconfig(), c.config, "default"); err != nil {
		return err
	}
	if err := c.keep("kube-controller-manager", c.controllerManagerArgs()); err != nil {
		return err
	}
	if err := c.keep("kube-scheduler", c.schedulerArgs()); err != nil {
		return err
	}
	return c.waitForDefaultServiceAccount(ctx)
}

// Stop kills all processes and waits for their end. They are of no further use,
// so none is asked politely.
func (c *ControlPlane) Stop() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.stopped {
		c.stopped = true
		close(c.stopping)
	}
	var errs []error
	for name, p := range c.processes {
		if err := p.Kill(); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", name, err))
		}
	}
	if c.removeDir {
		errs = append(errs, os.RemoveAll(c.dir))
	}
	return errors.Join(errs...)
}

// Process returns the process of one component, such as "kube-apiserver", so
// that a test can freeze it with SIGSTOP. nil when there is none of that name.
func (c *ControlPlane) Process(component string) *process.Process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.processes[component]
}

// StopAPI kills the API server and leaves the rest running.
func (c *ControlPlane) StopAPI() error { return c.Process("kube-apiserver").Kill() }

// StartAPI starts the API server again at its old address and waits until it is ready.
func (c *ControlPlane) StartAPI(ctx context.Context) error {
	if err := c.run("kube-apiserver", c.apiserverArgs()); err != nil {
		return err
	}
	_, err := c.waitForAPI(ctx)
	return err
}

// Config returns a copy of the admin's client configuration.
func (c *ControlPlane) Config() *rest.Config { return rest.CopyConfig(c.config) }

// KubeletConfig returns the client configuration of a node's kubelet.
func (c *ControlPlane) KubeletConfig(node string) *rest.Config {
	return c.configOf("system:node:" + node)
}

// ProxyConfig returns the client configuration of kube-proxy, the same on all nodes.
func (c *ControlPlane) ProxyConfig() *rest.Config { return c.configOf(proxyUser) }

func (c *ControlPlane) configOf(user string) *rest.Config {
	config := c.Config()
	config.BearerToken = c.creds.others[user]
	return config
}

// Client returns a client with the admin's rights and no request limit of its own.
func (c *ControlPlane) Client() (kubernetes.Interface, error) {
	config := c.Config()
	config.QPS = -1
	return kubernetes.NewForConfig(config)
}

// Kubeconfig returns the path of the admin's kubeconfig file.
func (c *ControlPlane) Kubeconfig() string { return filepath.Join(c.dir, "admin.kubeconfig") }

// Log returns the path of one component's log.
func (c *ControlPlane) Log(component string) string { return filepath.Join(c.dir, component+".log") }

func (c *ControlPlane) run(name string, args []string) error {
	out, err := process.LogFile(c.Log(name))
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }() // the child has its own copy
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return errors.New("stopped")
	}
	p, err := process.Start(process.Spec{Path: c.tools.Path(name), Args: args, Dir: c.dir, Out: out})
	if err != nil {
		return err
	}
	c.processes[name] = p
	return nil
}

func (c *ControlPlane) url() string {
	return "https://" + net.JoinHostPort(c.address, strconv.Itoa(c.ports.api))
}
