// Command cluster is a real Kubernetes cluster on this computer, with the chart installed,
// for as long as a person wants it: make cluster.
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/machine"
)

func main() {
	options := flags()
	options.dir = machine.Inside(machine.Options{Files: doors})
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := run(ctx, options); err != nil {
		fail(err)
	}
}

type options struct {
	dir   string
	nodes int
	redis string
}

func flags() options {
	var o options
	pflag.IntVar(&o.nodes, "nodes", 3, "How many nodes, 1 to 9.")
	pflag.StringVar(&o.redis, "image", "", "The servers' image instead of the chart's default, such as valkey/valkey:8.1-alpine.")
	pflag.CommandLine.SortFlags = false
	pflag.Parse()
	if o.nodes < 1 || o.nodes > 9 || pflag.NArg() > 0 {
		fail(fmt.Errorf("--nodes %d, arguments %q: there are 1 to 9 nodes and no arguments", o.nodes, pflag.Args()))
	}
	return o
}

// door is the descriptor of the listening socket, opened where kubectl will look for it and
// served from where the API server is.
const door = 3

// doors opens the one way in from the computer's own network.
func doors() ([]*os.File, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	file, err := listener.(*net.TCPListener).File()
	return []*os.File{file}, err
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "cluster:", err)
	os.Exit(1)
}
