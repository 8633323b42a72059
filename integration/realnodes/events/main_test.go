package events

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/machine"
	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/release"
)

var dir string

// TestMain runs everything in namespaces of its own.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := machine.Possible(); err != nil && os.Getenv("CI") != "true" {
		fmt.Fprintln(os.Stderr, "not tried:", err)
		os.Exit(0)
	}
	dir = machine.Inside(machine.Options{})
	os.Exit(run(m))
}

func run(m *testing.M) int {
	code := m.Run()
	if started.cluster == nil {
		return code
	}
	if code != 0 {
		show(started.cluster)
		keep(dir)
	}
	if err := started.cluster.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// started is the cluster that all tests share: nodes take longer to boot than sets to install.
var started struct {
	once    sync.Once
	cluster *realnodes.Cluster
	err     error
}

func nodes(t *testing.T) *realnodes.Cluster {
	t.Helper()
	started.once.Do(func() {
		// Not the test's context: the cluster outlives it.
		ctx := context.Background()
		progress := func(line string) { fmt.Fprintln(os.Stderr, line) }
		images, err := realnodes.Images(ctx, progress)
		if err == nil {
			var binaries realnodes.Binaries
			if binaries, err = realnodes.FindBinaries(); err == nil {
				writer, failed := release.WriterArchive(ctx, binaries.ImageFolder())
				images, err = append(images, writer), failed
			}
		}
		if err != nil {
			started.err = err
			return
		}
		started.cluster, started.err = realnodes.Start(ctx, realnodes.Options{Dir: dir, Nodes: 3, Images: images, Progress: progress})
	})
	if started.err != nil {
		t.Fatal(started.err)
	}
	return started.cluster
}

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
