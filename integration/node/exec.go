package node

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/process"
)

// exec runs a command as if inside the container: with its environment and its
// folders. When ctx ends first, the command and all that it started are killed.
func (c *container) exec(ctx context.Context, argv []string) (string, error) {
	if len(argv) == 0 {
		return "", fmt.Errorf("container %s: exec without a command", c.spec.Name)
	}
	out := &limited{most: 64 << 10}
	c.mu.Lock()
	command := c.command // the environment is the one that the process began with
	c.mu.Unlock()
	if command == nil {
		return "", fmt.Errorf("container %s does not run", c.spec.Name)
	}
	argv = c.pod.onDisk(c.spec, argv)
	p, err := process.Start(process.Spec{
		Path: argv[0], Args: argv[1:], Env: command.env, Dir: command.dir, Out: out,
	})
	if err != nil {
		return "", err
	}
	select {
	case <-p.Done():
	case <-ctx.Done():
		if err := p.Kill(); err != nil {
			return out.String(), err
		}
		return out.String(), ctx.Err()
	}
	if code := p.ExitCode(); code != 0 {
		return out.String(), fmt.Errorf("%s: exit code %d: %s", argv[0], code, out)
	}
	return out.String(), nil
}

// limited keeps the beginning of what is written to it.
type limited struct {
	mu   sync.Mutex
	most int
	text bytes.Buffer
}

func (l *limited) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Write(p[:min(len(p), l.most-l.text.Len())])
	return len(p), nil
}

func (l *limited) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
