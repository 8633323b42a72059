package suite

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
)

// show prints what a person would ask first.
func show(c *realnodes.Cluster) {
	for _, args := range [][]string{
		{"get", "pods", "-A", "-o", "wide"},
		{"get", "endpointslices", "-A"},
		{"get", "leases", "-A"},
		{"get", "events", "-A", "--sort-by=.lastTimestamp"},
	} {
		out, err := c.Kubectl(context.Background(), args...)
		if err != nil {
			out = err.Error()
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		fmt.Fprintf(os.Stderr, "kubectl %s\n%s\n", strings.Join(args, " "), strings.Join(lines[max(0, len(lines)-60):], "\n"))
	}
}

// keep saves the logs of a run that failed: the folder goes with the program.
func keep(dir string) {
	kept, err := os.MkdirTemp("", "realnodes-failed-")
	if err == nil {
		err = os.CopyFS(kept, realnodes.Logs(dir))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "keep the logs:", err)
	}
	fmt.Fprintln(os.Stderr, "the logs are in", kept)
}
