package node

import (
	"context"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/util/uuid"
)

// prepare finds out all that is needed to start the container. It is done before
// the first start: a restart must work while the API server is away.
func (c *container) prepare(ctx context.Context) error {
	prepared, err := c.resolve(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.prepared = prepared
	return nil
}

// resolve reads what the container's environment refers to, as it is now.
func (c *container) resolve(ctx context.Context) (*command, error) {
	image, err := findImage(c.pod.agent.options.Images, c.spec.Image)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(c.pod.dir, c.spec.Name)
	if err := os.MkdirAll(filepath.Join(dir, "root"), 0o700); err != nil {
		return nil, err
	}
	variables, err := c.environment(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.addKubeconfig(ctx, variables); err != nil {
		return nil, err
	}
	for _, name := range variables.names {
		variables.set(name, c.pod.onDisk(c.spec, []string{variables.values[name]})[0])
	}
	argv := c.pod.onDisk(c.spec, variables.expandAll(c.spec.Command))
	args := c.pod.onDisk(c.spec, variables.expandAll(c.spec.Args))
	resolved := &command{env: variables.list(), dir: filepath.Join(dir, "root"), logs: dir}
	resolved.program, resolved.args = image.command(argv, args, c.pod.address())
	if image.Self != nil {
		task := Task{
			Pod: c.pod.latest(), Container: c.spec.Name, IP: c.pod.address(),
			Args: resolved.args, Env: variables.values,
		}
		resolved.self = func(ctx context.Context) error { return image.Self(ctx, task) }
	}
	return resolved, nil
}

// addKubeconfig gives a container that mounts its ServiceAccount's token a
// kubeconfig with such a token. What client-go looks for inside a container has
// fixed paths, where nothing can be put here.
func (c *container) addKubeconfig(ctx context.Context, variables *variables) error {
	if c.pod.agent.options.Config == nil || !c.mountsToken() {
		return nil
	}
	path := filepath.Join(c.pod.dir, c.spec.Name, "kubeconfig-"+string(uuid.NewUUID()))
	if err := c.pod.writeKubeconfig(ctx, path); err != nil {
		return err
	}
	variables.set("KUBECONFIG", path)
	variables.set("REDIS_SENTINEL_K8S_KUBECONFIG", path)
	return nil
}
