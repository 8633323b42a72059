package cluster

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

var forwarding = regexp.MustCompile(`^Forwarding from (127\.0\.0\.1:[0-9]+) `)

// Forward leads a port of this computer to one of a pod, or of what target names, until
// stop, by kubectl. What goes through it comes from within the pod.
func (c *Access) Forward(ctx context.Context, namespace, target string, port int) (addr string, stop func(), err error) {
	args := []string{"-n", namespace, "port-forward", "--address", "127.0.0.1", target, ":" + strconv.Itoa(port)}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, c.Tools.Path("kubectl"), args...)
	cmd.Env = c.environment("")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return "", nil, err
	}
	stop = func() {
		cancel()
		_ = cmd.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	found := forwarding.FindStringSubmatch(line)
	if found == nil {
		stop()
		return "", nil, fmt.Errorf("kubectl %s: %q (%w): %s", strings.Join(args, " "), line, err, said.String())
	}
	return found[1], stop, nil
}
