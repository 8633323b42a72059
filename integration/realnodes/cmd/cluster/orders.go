package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
)

// orderNames are what can be ordered to happen to a node, in an order that makes sense.
var orderNames = []string{"kill", "boot", "cut", "heal", "stop-kubelet", "start-kubelet"}

// takeOrders reads lines such as "kill n1" from a named pipe, whose path it returns.
func takeOrders(ctx context.Context, c *realnodes.Cluster) (path string, err error) {
	path = filepath.Join(c.Dir, "do")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		return "", err
	}
	// Open for writing as well, so that the end of one writer is not the end of all.
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { _ = pipe.Close() })
	go func() {
		for lines := bufio.NewScanner(pipe); lines.Scan(); {
			if err := obey(ctx, c, lines.Text()); err != nil {
				fmt.Println("cluster:", err)
			} else {
				fmt.Println("done:", lines.Text())
			}
		}
	}()
	return path, nil
}

func obey(ctx context.Context, c *realnodes.Cluster, line string) error {
	words := strings.Fields(line)
	if len(words) != 2 {
		return fmt.Errorf("%q is no order such as %q", line, "kill n1")
	}
	node := c.Node(words[1])
	if node == nil {
		return fmt.Errorf("there is no node %s", words[1])
	}
	if err := let(ctx, node, words[0]); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	return nil
}

// let lets something happen to a node.
func let(ctx context.Context, n *realnodes.Node, order string) error {
	if n.Machine == nil && order != "boot" {
		return errors.New("the node is off")
	}
	switch order {
	case "kill":
		return n.Kill()
	case "boot":
		if n.Machine != nil {
			return errors.New("the node is on")
		}
		return n.Boot(ctx)
	case "cut":
		return n.Machine.Unplug()
	case "heal":
		return n.Machine.Plug()
	case "stop-kubelet":
		return n.Stop(ctx, realnodes.Kubelet)
	case "start-kubelet":
		return n.StartKubelet(ctx)
	default:
		return fmt.Errorf("the orders are %s", strings.Join(orderNames, ", "))
	}
}
