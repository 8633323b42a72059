package main

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes"
)

// openDoor lets the computer's own network reach the API server, and writes a kubeconfig
// for that way.
func openDoor(ctx context.Context, c *realnodes.Cluster) (config string, err error) {
	listener, err := net.FileListener(os.NewFile(door, "door"))
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { _ = listener.Close() })
	go func() {
		for {
			outside, err := listener.Accept()
			if err != nil {
				return // closed
			}
			go carry(outside, strings.TrimPrefix(c.Config.Host, "https://"))
		}
	}()
	is, err := clientcmd.LoadFromFile(c.Kubeconfig)
	if err != nil {
		return "", err
	}
	for _, to := range is.Clusters {
		to.Server = "https://" + listener.Addr().String()
		to.TLSServerName = "kubernetes.default.svc" // the certificate does not name 127.0.0.1
	}
	config = filepath.Join(c.Dir, "kubeconfig")
	return config, clientcmd.WriteToFile(*is, config)
}

// carry carries bytes both ways until one side has ended.
func carry(outside net.Conn, address string) {
	defer func() { _ = outside.Close() }()
	inside, err := net.Dial("tcp", address)
	if err != nil {
		return
	}
	defer func() { _ = inside.Close() }()
	done := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{outside, inside}, {inside, outside}} {
		go func() {
			_, _ = io.Copy(way[1], way[0])
			done <- struct{}{}
		}()
	}
	<-done
}
