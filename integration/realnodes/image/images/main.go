// Command images writes the images of a cluster into a folder, out of the folder that
// binaries/build.sh has filled among others, and prints for each its name and its archive.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/redis-sentinel-k8s/redis-sentinel-k8s/integration/realnodes/image"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: images BINARIES FOLDER")
		os.Exit(2)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	archives, err := image.All(ctx, os.Args[1], os.Args[2], os.Stderr)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for _, archive := range archives {
		fmt.Println(archive.Ref, archive.Path)
	}
}
