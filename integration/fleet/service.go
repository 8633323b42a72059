package fleet

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	child "github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/k8s"
)

// SentinelPort is where replicas of the service listen.
const SentinelPort = 26379

const endWithin = 10 * time.Second

// startServices runs the replicas as processes, which talk to the API over HTTP.
func (c *Cluster) startServices(ctx context.Context) error {
	if c.options.Sentinels == 0 {
		return nil
	}
	var err error
	if c.server, err = c.Serve(c.options.Dir); err != nil {
		return err
	}
	for range c.options.Sentinels {
		if err := c.startService(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (c *Cluster) startService(ctx context.Context) error {
	flags, addr, err := c.Outside(ctx, c.server.Kubeconfig)
	if err != nil {
		return err
	}
	host, _, _ := strings.Cut(addr, ":")
	log, err := os.Create(filepath.Join(c.options.Dir, fmt.Sprintf("sentinel-%s.log", host)))
	if err != nil {
		return err
	}
	defer log.Close() // the process has it by then
	spec, err := c.entering(child.Spec{Path: c.options.ServiceBinary, Args: flags, Out: log})
	if err != nil {
		return err
	}
	p, err := child.Start(spec)
	if err != nil {
		return err
	}
	c.services = append(c.services, p)
	return nil
}

// entering has a process enter its cgroup first: what it takes before counts for nobody.
func (c *Cluster) entering(spec child.Spec) (child.Spec, error) {
	if c.options.Enter == nil {
		return spec, nil
	}
	procs, err := c.options.Enter()
	spec.Args = append([]string{"-c", `echo 0 >"$0" && exec "$@"`, procs, spec.Path}, spec.Args...)
	spec.Path = "sh"
	return spec, err
}

// Ended tells of a replica of the service whose process has ended, nil while all run.
func (c *Cluster) Ended() error {
	for i, p := range c.services {
		select {
		case <-p.Done():
			return fmt.Errorf("the service at %s has ended with code %d", c.hosts[i], p.ExitCode())
		default:
		}
	}
	return nil
}

// ServicePIDs are the process ids of the replicas of the service.
func (c *Cluster) ServicePIDs() []int {
	var ids []int
	for _, p := range c.services {
		ids = append(ids, p.PID())
	}
	return ids
}

// stopServices ends the processes and what they talk to.
func (c *Cluster) stopServices() []error {
	var wrong []error
	for _, p := range c.services {
		wrong = append(wrong, end(p))
	}
	if c.server != nil {
		wrong = append(wrong, c.server.Stop())
	}
	return wrong
}

func end(p *child.Process) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.Done():
		return nil
	case <-time.After(endWithin):
		return p.Kill()
	}
}

// Rested waits until the service's clients may make a full burst of calls, as after a
// quiet time.
func (c *Cluster) Rested(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(max(k8s.CallsBurst*time.Second/k8s.CallsQPS, k8s.AsidesBurst*time.Second/k8s.AsidesQPS)):
		return nil
	}
}
