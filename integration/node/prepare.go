package node

import (
	"context"
	"os"
	"path/filepath"

	"k8s.io/apimachinery/pkg/util/uuid"
)

// prepare finds out all that is needed to start the container. It is done once:
// a restart must work while the API server is away.
func (c *container) prepare(ctx context.Context) error {
	image, err := findImage(c.pod.agent.options.Images, c.spec.Image)
	if err != nil {
		return err
	}
	dir := filepath.Join(c.pod.dir, c.spec.Name)
	if err := os.MkdirAll(filepath.Join(dir, "root"), 0o700); err != nil {
		return err
	}
	variables, err := c.environment(ctx)
	if err != nil {
		return err
	}
	if err := c.addKubeconfig(ctx, variables); err != nil {
		return err
	}
	for _, name := range variables.names {
		variables.set(name, c.pod.onDisk(c.spec, []string{variables.values[name]})[0])
	}
	argv := c.pod.onDisk(c.spec, variables.expandAll(c.spec.Command))
	args := c.pod.onDisk(c.spec, variables.expandAll(c.spec.Args))
	c.command = command{env: variables.list(), dir: filepath.Join(dir, "root"), logs: dir}
	c.command.program, c.command.args = image.command(argv, args, c.pod.address())
	if image.Self != nil {
		task := Task{
			Pod: c.pod.latest(), Container: c.spec.Name, IP: c.pod.address(),
			Args: c.command.args, Env: variables.values,
		}
		c.command.self = func(ctx context.Context) error { return image.Self(ctx, task) }
	}
	return nil
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
