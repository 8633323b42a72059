package node

import (
	"context"
	"fmt"
	"os/exec"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Image says what runs for the images whose name matches.
type Image struct {
	// Match is a pattern of path.Match for "name:tag", the image without its
	// registry and folders: "redis:*", "valkey:9*".
	Match string
	// Path is the binary that is the image's entry point.
	Path string
	// Names are those by which a command or the first argument may call Path, such
	// as "redis-server".
	Names []string
	// ExtraArgs are put behind the container's arguments: what a container's own
	// network namespace would make unnecessary. May be nil.
	ExtraArgs func(podIP string) []string
	// Self runs the container inside this program instead of Path. It must return
	// soon after ctx is done, which stands for SIGTERM and for SIGKILL.
	Self func(ctx context.Context, task Task) error
}

// Task is what a container that runs inside this program is told.
type Task struct {
	Pod       *corev1.Pod // must not be changed
	Container string
	IP        string
	Args      []string // with variables expanded
	Env       map[string]string
}

// RedisImages returns the images of Redis and Valkey, run by the redis-server of
// this computer. The error says how to get one.
func RedisImages() ([]Image, error) {
	server, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, fmt.Errorf("%w (on Debian and Ubuntu: apt-get install redis-server)", err)
	}
	return []Image{RedisImage("redis:*", server), RedisImage("valkey:*", server)}, nil
}

// RedisImage runs the images that match with a certain redis-server or
// valkey-server of version 7.0 or later.
func RedisImage(match, server string) Image {
	return Image{
		Match: match, Path: server, Names: []string{"redis-server", "valkey-server"},
		ExtraArgs: func(podIP string) []string {
			// The source address is what a master believes to be its replica's.
			return []string{"--bind", podIP, "--bind-source-addr", podIP}
		},
	}
}

// OldRedisImage is RedisImage for versions before 7.0, which cannot choose the
// address that they connect from and so have to say it.
func OldRedisImage(match, server string) Image {
	image := RedisImage(match, server)
	image.ExtraArgs = func(podIP string) []string {
		return []string{"--bind", podIP, "--replica-announce-ip", podIP}
	}
	return image
}

// ServiceImage runs the images of this project's service with a certain binary.
func ServiceImage(binary string) Image {
	return Image{
		Match: "redis-sentinel-k8s:*", Path: binary, Names: []string{"redis-sentinel-k8s"},
		ExtraArgs: func(podIP string) []string {
			return []string{"--bind", podIP, "--http-bind", podIP}
		},
	}
}

func findImage(images []Image, name string) (Image, error) {
	short := shortName(name)
	for _, image := range images {
		if matched, err := path.Match(image.Match, short); err != nil {
			return Image{}, fmt.Errorf("image pattern %q: %w", image.Match, err)
		} else if matched {
			return image, nil
		}
	}
	return Image{}, fmt.Errorf("no program stands for image %q", name)
}

// shortName cuts registry, folders and digest off, and adds the default tag.
func shortName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	short := path.Base(image)
	if !strings.Contains(short, ":") {
		short += ":latest"
	}
	return short
}

// command returns the program and its arguments as the image's entry point would
// choose them. A shell may come first that goes on to execute the image's program.
func (i Image) command(command, args []string, podIP string) (program string, arguments []string) {
	switch {
	case len(command) == 0 && len(args) > 0 && i.named(args[0]):
		args = args[1:] // the entry point would only execute it
	case len(command) > 0 && !i.named(command[0]) && slices.ContainsFunc(command, i.named):
		called := slices.Clone(command)
		called[slices.IndexFunc(command, i.named)] = i.Path
		return called[0], slices.Concat(called[1:], args, i.extra(podIP))
	case len(command) > 0 && !i.named(command[0]):
		return command[0], slices.Concat(command[1:], args) // a program of this computer
	case len(command) > 0:
		args = slices.Concat(command[1:], args)
	}
	return i.Path, slices.Concat(args, i.extra(podIP))
}

func (i Image) extra(podIP string) []string {
	if i.ExtraArgs == nil {
		return nil
	}
	return i.ExtraArgs(podIP)
}

func (i Image) named(program string) bool {
	base := path.Base(program)
	return slices.Contains(i.Names, base)
}
