package limits

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/redis"
)

// Chart renders the chart.
type Chart struct {
	Helm   string // the program
	Folder string
	Set    []string // values, as --set has them
}

// Container is how the chart starts a server.
type Container struct {
	Limit int64 // of its memory, in bytes
	Args  []string
	Env   []string // NAME=value, those that the cluster does not fill in
}

// For is the chart with the image that a program is of.
func (c Chart) For(ctx context.Context, program string) (Chart, error) {
	repository, tag, err := redis.Image(ctx, program)
	if err != nil {
		return c, err
	}
	c.Set = append([]string{"redis.image.repository=" + repository, "redis.image.tag=" + tag}, c.Set...)
	return c, nil
}

// Redis is the container of a release with this memory limit.
func (c Chart) Redis(ctx context.Context, limit string) (Container, error) {
	args := []string{"template", "limits", c.Folder, "--show-only", "templates/statefulset.yaml", "--set", "redis.resources.limits.memory=" + limit, "--set", "redis.resources.requests.memory=" + limit}
	for _, set := range c.Set {
		args = append(args, "--set", set)
	}
	cmd := exec.CommandContext(ctx, c.Helm, args...)
	home, err := os.MkdirTemp("", "helm")
	if err != nil {
		return Container{}, err
	}
	defer func() { _ = os.RemoveAll(home) }()
	cmd.Env = append(os.Environ(), "HOME="+home)
	text, err := cmd.Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return Container{}, fmt.Errorf("%s: %w: %s", cmd, err, exit.Stderr)
	}
	if err != nil {
		return Container{}, err
	}
	var set appsv1.StatefulSet
	if err := yaml.Unmarshal(text, &set); err != nil {
		return Container{}, err
	}
	for _, container := range set.Spec.Template.Spec.Containers {
		if container.Name == "redis" {
			bytes := resource.MustParse(limit)
			return Container{Limit: bytes.Value(), Args: container.Args, Env: plain(container.Env)}, nil
		}
	}
	return Container{}, fmt.Errorf("%s renders no container redis", filepath.Base(c.Folder))
}

func plain(env []corev1.EnvVar) (all []string) {
	for _, variable := range env {
		if variable.ValueFrom == nil {
			all = append(all, variable.Name+"="+variable.Value)
		}
	}
	return all
}

// at are the arguments of one server of this computer. They come first: Redis takes the last
// of two equal directives, so what must differ is replaced where the chart has it.
func (c Container) at(host, port, folder string) []string {
	args := slices.Clone(c.Args)
	for n, arg := range args[:len(args)-1] {
		switch arg {
		case "--port":
			args[n+1] = port
		case "--dir":
			args[n+1] = folder
		}
	}
	return append([]string{"--bind", host}, args...)
}

// Directive is the value that the arguments give to a directive: the last one.
func (c Container) Directive(name string) (value string) {
	for n, arg := range c.Args {
		if arg == "--"+name {
			var words []string
			for _, word := range c.Args[n+1:] {
				if strings.HasPrefix(word, "--") {
					break
				}
				words = append(words, word)
			}
			value = strings.Join(words, " ")
		}
	}
	return value
}
